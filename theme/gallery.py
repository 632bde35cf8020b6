"""Shows every part of the theme with invented data, in a bare Flask application.

Not part of the product: nothing of timebank/ runs here but its templates and its
static files. The pages are in theme/gallery/.

    python theme/gallery.py                  serve at http://127.0.0.1:5055/
    python theme/gallery.py look FOLDER      pictures at 1280, 360 and 320 pixels, a PDF of
                                             the statement, and what axe and the page
                                             widths have to say (needs playwright and
                                             axe-playwright-python; CHROMIUM names the browser)
    python theme/gallery.py icons            draws the PNG icons from icons/mark.svg
"""

import os
import secrets
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

from flask import Blueprint, Flask, flash, g, jsonify, render_template, request
from flask_babel import Babel
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFProtect
from govuk_frontend_wtf.main import WTFormsHelpers
from govuk_frontend_wtf.wtforms_widgets import (
    GovCharacterCount,
    GovDateInput,
    GovRadioInput,
    GovSelect,
    GovSubmitInput,
    GovTextInput,
)
from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, PrefixLoader
from wtforms import (
    DateField,
    RadioField,
    SelectField,
    StringField,
    SubmitField,
    TextAreaField,
)
from wtforms.validators import InputRequired

HERE = Path(__file__).resolve().parent
PRODUCT = HERE.parent / "timebank"
PAGES = [
    "dashboard",
    "signed_out",
    "log",
    "log_errors",
    "check",
    "done",
    "exchange",
    "queue",
    "statement",
    "people",
    "settings",
    "pieces",
    "error",
]
PORT = 5055
# The policy the product sends: a page that needs more than this shows it here first.
POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; font-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


class LogForm(FlaskForm):
    direction = RadioField(
        "Did you give or receive help?",
        widget=GovRadioInput(),
        choices=[("gave", "I gave help"), ("received", "I received help")],
        validators=[InputRequired("Choose whether you gave or received help")],
    )
    person = StringField(
        "Who with?",
        widget=GovTextInput(),
        description="Start typing a name.",
        validators=[InputRequired("Enter the name of the other person")],
    )
    activity = SelectField(
        "What was it?",
        widget=GovSelect(),
        choices=[("", "Choose one"), ("1", "Gardening"), ("2", "A lift to hospital")],
        validators=[InputRequired("Choose what the help was")],
    )
    happened_on = DateField(
        "When was it?",
        widget=GovDateInput(),
        format="%d %m %Y",
        description="For example, 27 3 2026",
        validators=[InputRequired("Enter the day of the help")],
    )
    duration = StringField(
        "How long did it take?",
        widget=GovTextInput(),
        description="For example 1½, 1:30, 1h 30m or 90 min.",
        validators=[InputRequired("Enter how long it took, for example 1:30")],
    )
    note = TextAreaField("Anything to add? (optional)", widget=GovCharacterCount())
    submit = SubmitField("Continue", widget=GovSubmitInput())


def exchanges():
    """Rows of a coordinator's queue."""
    names = [
        ("Jean Mbeki", "Owen Pritchard"),
        ("Surgery reception", "Dilys Ŵyn-Jones"),
        ("Amina Khan", "Tom Bevan"),
        ("Piotr Łukaszewski", "Community account"),
        ("Margaret Featherstonehaugh", "Joseph Adeyemi"),
    ]
    reasons = [
        [],
        ["4 hours in one day: more than your limit of 3 hours"],
        [],
        ["The same two people logged the same hours yesterday", "Happened more than 30 days ago"],
        [],
    ]
    return [
        SimpleNamespace(number=1041 + n, giver=a, receiver=b, hours=h, day=d, activity=t, unusual=r)
        for n, ((a, b), r, h, d, t) in enumerate(
            zip(
                names,
                reasons,
                ["1 hour", "4 hours", "45 minutes", "2 hours 30 minutes", "1 hour 15 minutes"],
                ["3 Nov 2025", "3 Nov 2025", "4 Nov 2025", "29 Sep 2025", "5 Nov 2025"],
                ["Gardening", "A lift to hospital", "Form filling", "Tidying the community garden", "Company"],
                strict=True,
            )
        )
    ]


def entries(many=54):
    """Rows of a statement long enough to need a second sheet of paper."""
    people = ["Jean Mbeki", "Dilys Ŵyn-Jones", "Amina Khan", "Community account", "Piotr Łukaszewski"]
    what = ["Gardening", "A lift to hospital", "Form filling", "Company", "Tidying the community garden"]
    return [
        {
            "day": f"{1 + n // 2} Oct 2025",
            "with": people[n % 5],
            "what": what[(n * 3) % 5],
            "hours_in": "1 h 30 min" if n % 3 else "",
            "hours_out": "" if n % 3 else "45 min",
            "balance": f"{4 + n} h 15 min",
        }
        for n in range(many)
    ]


def create_app():
    app = Flask("gallery", static_folder=str(PRODUCT / "static"), static_url_path="/static")
    app.config.update(SECRET_KEY=secrets.token_hex(), TEMPLATES_AUTO_RELOAD=True)
    app.jinja_loader = ChoiceLoader(
        [
            FileSystemLoader([str(HERE / "gallery"), str(PRODUCT / "templates")]),
            PrefixLoader({name: PackageLoader(name) for name in ("govuk_frontend_jinja", "govuk_frontend_wtf")}),
        ]
    )
    app.jinja_env.add_extension("jinja2.ext.do")
    Babel(app)
    CSRFProtect(app)
    WTFormsHelpers(app)
    for name, endpoints in {"web": ["help_page", "accessibility", "privacy"], "sign_in": ["sign_out"]}.items():
        blueprint = Blueprint(name, name)
        for endpoint in endpoints:
            blueprint.add_url_rule(f"/{name}/{endpoint}", endpoint, lambda: "", methods=["GET", "POST"])
        app.register_blueprint(blueprint)

    @app.before_request
    def make_nonce():
        g.nonce = secrets.token_urlsafe(16)

    @app.after_request
    def send_policy(response):
        response.headers["Content-Security-Policy"] = POLICY.format(nonce=g.nonce)
        return response

    @app.context_processor
    def surroundings():
        signed_in = request.path not in ("/signed_out", "/error")
        coordinates = request.path in ("/queue", "/people", "/settings")
        items = [
            ("Home", "/dashboard"),
            ("Log hours", "/log"),
            ("Statement", "/statement"),
            ("Offers and requests", "/pieces"),
        ]
        if coordinates:
            items += [
                ("Approve", "/queue"),
                ("People", "/people"),
                ("Evidence", "/exchange"),
                ("Settings", "/settings"),
            ]
        return {
            "product_name": "Common Hours",
            "language": "en",
            "csp_nonce": g.nonce,
            "bank": SimpleNamespace(name="Rhondda Riverside Time Bank") if signed_in else None,
            "membership": SimpleNamespace(name="Margaret Featherstonehaugh") if signed_in else None,
            "navigation": [
                {
                    "text": text,
                    "href": href,
                    "current": href == request.path,
                    "count": 12 if text == "Approve" else None,
                }
                for text, href in items
            ]
            if signed_in
            else [],
            "languages": [{"text": "Cymraeg", "lang": "cy", "href": "?language=cy", "current": False}],
        }

    @app.get("/people/search")
    def search():
        people = ["Jean Mbeki (0012)", "Jean Pritchard (0047)", "Amina Khan (0101)", "Dilys Ŵyn-Jones (0140)"]
        wanted = request.args["q"].lower()
        return jsonify(people=[{"label": name} for name in people if wanted in name.lower()])

    @app.get("/")
    @app.get("/<page>")
    def show(page="dashboard"):
        if page not in PAGES:
            return "", 404
        form = LogForm(meta={"csrf": False}) if page in ("log", "log_errors") else None
        if page == "log_errors":
            form.validate()
        if page == "pieces":
            flash("Your hours are logged. Jean Mbeki has been asked to confirm them.", "success")
            flash("You have been signed in for a long time. Sign out if you are on a shared computer.", "warning")
            flash("The October statement is ready.", "info")
        return render_template(f"{page}.html", form=form, exchanges=exchanges(), entries=entries())

    return app


def complaints(tab, name):
    """What axe says about the page as it stands, and whether it is wider than the window."""
    from axe_playwright_python.sync_playwright import Axe

    over = tab.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    if over > 0:
        print(f"{name}: {over} pixels too wide")
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    for violation in Axe().run(tab, options={"runOnly": rules}).response["violations"]:
        print(
            f"{name}: {violation['id']}: {violation['help']}", [node["html"][:160] for node in violation["nodes"]][:3]
        )


def use(tab, width, folder):
    """Uses what only scripts can do, and looks at the page in the middle of it."""
    tab.goto(f"http://127.0.0.1:{PORT}/log_errors", wait_until="networkidle")
    for typed in [
        "1.5",
        "1½",
        "1:30",
        "1h 30m",
        "1h30",
        "90 min",
        "90m",
        "2 hours",
        "¾",
        "1,5",
        "soon",
        "1.33",
        "1 hour",
        "61 minutes",
    ]:
        tab.fill("#duration", typed)
        tab.wait_for_timeout(450)
        print(f"{typed!r}:", tab.text_content("#duration-readback"))
    tab.fill("#duration", "1h 30m")
    tab.click("label[for=person]")
    print("label leads to:", tab.evaluate("document.activeElement.name"))
    tab.keyboard.type("jea", delay=40)
    tab.wait_for_selector(".autocomplete__option")
    tab.wait_for_timeout(1600)
    tab.keyboard.press("ArrowDown")
    complaints(tab, f"choosing-{width}")
    tab.screenshot(path=folder / f"choosing-{width}.png", full_page=True)
    print("described by:", tab.get_attribute("#person", "aria-describedby"))
    tab.keyboard.press("Enter")
    print("chosen:", tab.input_value("#person"))
    tab.goto(f"http://127.0.0.1:{PORT}/queue", wait_until="networkidle")
    if width < 640:
        tab.click(".govuk-service-navigation__toggle")
        tab.screenshot(path=folder / f"menu-{width}.png")
        complaints(tab, f"menu-{width}")
    tab.check("#exchange-1042")
    print("ticked:", tab.text_content("[data-tick-count]"))
    tab.check("#tick-all")
    print("ticked:", tab.text_content("[data-tick-count]"))
    tab.focus(".ch-table__title a")
    tab.screenshot(path=folder / f"ticked-{width}.png")
    tab.goto(f"http://127.0.0.1:{PORT}/settings", wait_until="networkidle")
    # Every stop of the tab key must show where it is.
    for stop in range(22):
        tab.keyboard.press("Tab")
        shown = tab.evaluate("""() => {
            const style = getComputedStyle(document.activeElement)
            return style.outlineStyle !== "none" || style.boxShadow !== "none"
                || document.activeElement.matches("[type=radio], [type=checkbox]")
        }""")
        # After the last stop the key leads out of the page, by way of its body.
        if not shown and tab.evaluate("document.activeElement !== document.body"):
            print("focus is not shown:", tab.evaluate("document.activeElement.outerHTML.slice(0, 120)"))
        if stop in (1, 3):
            tab.screenshot(
                path=folder / f"focus-{stop}-{width}.png", clip={"x": 0, "y": 0, "width": width, "height": 240}
            )


def look(folder):
    from playwright.sync_api import sync_playwright

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    threading.Thread(target=create_app().run, kwargs={"port": PORT, "threaded": True}, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM"), args=["--no-sandbox"])
        for scripts in (True, False):
            for width in (1280, 360, 320):
                tab = browser.new_context(
                    viewport={"width": width, "height": 800}, java_script_enabled=scripts
                ).new_page()
                if scripts:
                    tab.on("console", lambda said: print("console:", said.text))
                    tab.on("pageerror", lambda problem: print("error:", problem))
                for page in PAGES:
                    tab.goto(f"http://127.0.0.1:{PORT}/{page}", wait_until="networkidle")
                    name = f"{page}-{width}{'' if scripts else '-plain'}"
                    tab.screenshot(path=folder / f"{name}.png", full_page=True)
                    if not scripts:
                        continue
                    complaints(tab, name)
                    if page == "statement" and width == 1280:
                        tab.pdf(path=folder / "statement.pdf", prefer_css_page_size=True)
                if scripts:
                    use(tab, width, folder)
        browser.close()


def draw_icons():
    from playwright.sync_api import sync_playwright

    mark = (HERE / "icons" / "mark.svg").read_text()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM"), args=["--no-sandbox"])
        for size in (48, 180):
            tab = browser.new_page(viewport={"width": size, "height": size})
            # A telephone rounds the corners of its icons itself.
            svg = mark.replace('rx="11"', 'rx="0"') if size == 180 else mark
            tab.set_content(f"<style>body{{margin:0}}svg{{display:block;width:{size}px}}</style>{svg}")
            tab.screenshot(path=HERE / "icons" / f"icon-{size}.png", omit_background=True)
        browser.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["look"]:
        look(sys.argv[2])
    elif sys.argv[1:2] == ["icons"]:
        draw_icons()
    else:
        create_app().run(port=PORT, debug=False)
