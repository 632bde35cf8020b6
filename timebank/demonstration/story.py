"""The people, organisations and activities of the demonstration bank. All of them are invented.

A doctors' surgery has a time bank. At first patients are given lifts and phone calls; later they make the calls
themselves, staff the office, teach each other, and plan the clinic together with the nurses.
"""

from __future__ import annotations

from dataclasses import dataclass

from timebank.banks.models import Involvement, Stage
from timebank.ledger.models import Book
from timebank.members.models import Capacity, Role

CODE = "ELM"
NAME = "Elm Road Surgery Time Bank"
TIME_ZONE = "Europe/London"
HELP_CONTACT = "Ruth Adeyemi, 01632 960103, weekdays 9 to 4"


@dataclass(frozen=True)
class InventedPerson:
    """Somebody who does not exist."""

    name: str
    capacity: Capacity
    email: str = ""
    phone: str = ""
    role: Role = Role.MEMBER


SIGN_IN_PEOPLE = (
    InventedPerson("Jean Morris", Capacity.SERVICE_USER, "member@example.org", "01632 960101"),
    InventedPerson("Ana Silva", Capacity.PROFESSIONAL, "professional@example.org", "01632 960102"),
    InventedPerson("Ruth Adeyemi", Capacity.NEIGHBOUR, "coordinator@example.org", "01632 960103", Role.COORDINATOR),
    InventedPerson("Tom Hughes", Capacity.PROFESSIONAL, "admin@example.org", "01632 960104", Role.ADMINISTRATOR),
)

_NAMES = {
    Capacity.SERVICE_USER: (
        "Winifred Bale", "Harold Pike", "Nasreen Akhtar", "Stanley Webb", "Olwen Pritchard", "Desmond Clarke",
        "Margaret Tull", "Ibrahim Yusuf", "Doris Hambly", "Arthur Finch", "Zofia Nowak", "Eileen Marsh",
        "Gwyn Parry", "Beryl Stokes", "Kwame Boateng", "Patricia Lunn", "Samuel Okoro", "Ivy Rowntree",
        "Mohan Pillai", "Sheila Crabtree", "Leonard Voss", "Rosa Delgado", "Edwin Tasker", "محمد حداد",
        "Maureen Fogarty",
    ),
    Capacity.CARER: (
        "Helen Tull", "Farid Akhtar", "Denise Pike", "Carys Parry", "Joan Stokes", "Peter Marsh", "Lucía Delgado",
        "Brian Hambly",
    ),
    Capacity.NEIGHBOUR: (
        "Callum Reid", "Priya Nair", "Owen Griffiths", "Megan Ashby", "Tobias Lind", "Chloë Barton", "Yusuf Demir",
        "Grace Mensah", "Harvey Quill", "Siân Bevan", "Noor Hussain", "Fergus Doyle", "Lily Chandler", "Ravi Menon",
    ),
    Capacity.PROFESSIONAL: (
        "Dr Imogen Frost", "Karen Whitlock", "David Osei", "Bethan Rees", "Martin Shore",
    ),
    Capacity.NOT_STATED: ("Alex Penrose", "Sam Tilley", "Robin Vale"),
}  # fmt: skip

PEOPLE = (
    *SIGN_IN_PEOPLE,
    *(InventedPerson(name, capacity) for capacity, names in _NAMES.items() for name in names),
)

# They have no address and never sign in: they telephone, or hand in a paper slip.
OFFLINE = frozenset(
    {
        "Winifred Bale",
        "Harold Pike",
        "Stanley Webb",
        "Doris Hambly",
        "Arthur Finch",
        "Ivy Rowntree",
        "Leonard Voss",
        "محمد حداد",
        "Maureen Fogarty",
    }
)

# Numbers of this kind are nobody's: they are kept for stories.
TELEPHONES = {name: f"01632 960{number}" for number, name in enumerate(sorted(OFFLINE), start=111)}

SURGERY = "Elm Road Surgery"
HALL = "St Anne’s Community Hall"


@dataclass(frozen=True)
class InventedActivity:
    """A kind of help in the story."""

    name: str
    service_area: str
    book: Book = Book.CREDIT
    stage: Stage = Stage.DELIVERY
    involves: tuple[Involvement, ...] = ()


LIFT = InventedActivity("A lift to the surgery", "Health", involves=(Involvement.DRIVES,))
CALL = InventedActivity("A friendly phone call", "Health")
SHOPPING = InventedActivity("Shopping and errands", "Care at home", involves=(Involvement.HANDLES_MONEY,))
SITTING = InventedActivity("Sitting with somebody", "Care at home")
GARDEN = InventedActivity("Gardening", "Neighbourhood")
REPAIRS = InventedActivity("Small repairs", "Housing")
FORMS = InventedActivity("Help with forms and computers", "Advice")
OFFICE = InventedActivity("Help in the surgery office", "Health")
WALK = InventedActivity("Walking group", "Health", involves=(Involvement.GROUP, Involvement.PUBLIC_PLACE))
COOKING = InventedActivity("Cooking class", "Health", involves=(Involvement.GROUP,))
LITTER = InventedActivity("Litter pick", "Neighbourhood", involves=(Involvement.PUBLIC_PLACE,))
REDESIGN = InventedActivity("Planning the new clinic", "Health", Book.RECORD, Stage.DESIGN)
PRIORITIES = InventedActivity("Patients’ group: what comes first", "Health", Book.RECORD, Stage.COMMISSIONING)
REVIEW = InventedActivity("Looking at how the clinic went", "Health", Book.RECORD, Stage.ASSESSMENT)
CHECK_UP = InventedActivity("Nurse’s visit", "Health", Book.RECORD)
PEER = InventedActivity("Living with diabetes, taught by patients", "Health")

ACTIVITIES = (
    LIFT, CALL, SHOPPING, SITTING, GARDEN, REPAIRS, FORMS, OFFICE, WALK, COOKING, LITTER, REDESIGN, PRIORITIES,
    REVIEW, CHECK_UP, PEER,
)  # fmt: skip

U, P, N, C = Capacity.SERVICE_USER, Capacity.PROFESSIONAL, Capacity.NEIGHBOUR, Capacity.CARER


@dataclass(frozen=True)
class Plot:
    """One kind of thing that happens: who helps whom with what, and how often at the beginning and at the end."""

    activity: InventedActivity
    giver: Capacity
    receiver: Capacity | str
    minutes: tuple[int, ...]
    at_first: int
    at_last: int
    paid: bool = False


# Times a month, in the first month and in the last: the story is that patients give more and more.
PLOTS = (
    Plot(LIFT, N, U, (30, 45, 60), 6, 4),
    Plot(CALL, N, U, (15, 20, 30), 4, 2),
    Plot(SHOPPING, N, U, (45, 60, 90), 4, 3),
    Plot(SITTING, N, C, (60, 120), 2, 2),
    Plot(GARDEN, N, U, (60, 90, 120), 2, 2),
    Plot(REPAIRS, U, N, (45, 60, 90), 0, 2),
    Plot(CALL, U, U, (15, 20, 30, 45), 1, 6),
    Plot(FORMS, U, U, (30, 45, 60), 0, 3),
    Plot(OFFICE, U, SURGERY, (120, 150, 180), 1, 5),
    Plot(PEER, U, U, (60,), 0, 2),
    Plot(SHOPPING, C, U, (45, 60), 1, 2),
    Plot(SITTING, U, C, (60, 90), 0, 2),
    Plot(CHECK_UP, P, U, (20, 30), 4, 3, paid=True),
    Plot(REDESIGN, U, SURGERY, (60, 90, 120), 0, 3),
    Plot(REDESIGN, P, SURGERY, (60, 90), 2, 2, paid=True),
    Plot(PRIORITIES, U, SURGERY, (90,), 0, 2),
    Plot(REVIEW, U, SURGERY, (45, 60), 0, 2),
)

NOTES = (
    "", "", "", "", "", "", "Thank you, it made my week", "She made tea for both of us", "The bus did not come",
    "We will do it again next month", "Rain, so we did it in two parts", "My knee is much better now",
)  # fmt: skip

# What the coordinator says on the statements of a month.
MESSAGES = (
    "Thank you to everybody who drove people to the flu clinic. The next lunch is on the first Thursday, at noon.",
    "We are looking for somebody who can read letters aloud for an hour a week. Ask Ruth, or telephone the surgery.",
    "The community account has hours to give. If you need help and have no hours, please ask: they are there for that.",
)

# What people say to whoever helped them, most often nothing. Each of them stands on somebody's statement.
THANKS = (
    "", "", "", "",
    "You made my week. Thank you!",
    "So kind of you to wait with me. Diolch yn fawr",
    "The garden looks lovely again",
    "Thank you for listening",
)  # fmt: skip

# A town that is on no map: no postcode of anybody begins with ZZ99.
TOWN = "Millbrook"
STREETS = ("Elm Road", "Chapel Street", "Station Road", "Harbour View", "Heol y Felin")

# What newcomers agree to.
AGREEMENT = (
    "We treat each other with respect, and an hour is an hour, whoever gives it.\n"
    "We keep to ourselves what we learn in somebody’s home.\n"
    "We take no money, and no gifts but a cup of tea.\n"
    "When we are worried about somebody, we tell the coordinator."
)

# Who is cleared for what is given in the story: whoever gives it.
CLEARED = {
    Involvement.DRIVES: (Capacity.NEIGHBOUR,),
    Involvement.HANDLES_MONEY: (Capacity.NEIGHBOUR, Capacity.CARER),
}
# Somebody who joined lately, and takes part only among others for now.
WITH_LIMITS = "Robin Vale"
# Somebody whose clearance for driving is over, and who has driven since.
NO_LONGER_CLEARED = "Harvey Quill"


@dataclass(frozen=True)
class InventedEnquiry:
    """Somebody who does not exist and wants to join."""

    name: str
    email: str
    phone: str
    message: str
    is_on_paper: bool = False


ENQUIRIES = (
    InventedEnquiry(
        "Marjorie Dent", "", "01632 960131", "I have time on Thursdays, and would like some company.", is_on_paper=True
    ),
    InventedEnquiry(
        "Idris Bowen", "idris.bowen@example.org", "", "I can mend most things. Call me after five, please."
    ),
)
REFEREES = (("Nan Bowen-Price", "nan@example.org", ""), ("Reverend Alun Hale", "", "01632 960132"))
ANSWER = "I have known Idris for ten years. He mended our roof, and I would trust him with my mother."
INTERVIEW = "Works shifts. Likes to be out of doors. Would like to learn to cook."

# What two of them tell of it, and what a year of it costs: kind, what for, pence, how it was worked out.
TOLD_ON_HER_WORD = (
    "Doris Hambly",
    "After my fall I did not leave the house for weeks. A neighbour drove me to the surgery, and I had nothing to give"
    " back. Now I telephone three people every evening who are alone, as I was. They say that I cheer them up.",
)
TOLD_BY_HERSELF = (
    "Jean Morris",
    "I used to be the one with the illness. On Tuesdays I am the one who knows how to prune roses.",
)
COSTS = {
    "running": (
        "Staff, telephone and insurance",
        2_640_000,
        "All staff together, with what the employer pays on top; a tenth of the surgery’s telephone. Rooms are lent and"
        " not counted.",
    ),
    "one_off": ("Training of the first volunteers", 180_000, "Two days for twelve people, from the invoice."),
}
