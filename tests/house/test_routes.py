"""Every address, and who may open it. A new view has to be added here, where somebody will read it."""

from __future__ import annotations

from timebank.members.models import Role
from timebank.members.permissions import ALLOWED, AS_ONESELF, WHILE_ACTING, Permission
from timebank.web.access import undeclared_views

PUBLIC = None
SIGNED_IN = Permission.SIGNED_IN
MINE = Permission.OWN_DETAILS
OWN = Permission.OWN_HOURS
LOG = Permission.LOG_HOURS
DONATE = Permission.DONATE_HOURS
FIND = Permission.FIND_PEOPLE
APPROVE = Permission.APPROVE_HOURS
MONTHS = Permission.CLOSE_MONTHS
KEEP = Permission.KEEP_MEMBERS
GRANT = Permission.GRANT_HOURS
RULES = Permission.SET_RULES
ENQUIRIES = Permission.TAKE_ENQUIRIES
AUDIT = Permission.READ_AUDIT
REPORT = Permission.REPORT_CONCERNS
CONCERNS = Permission.READ_CONCERNS
EVIDENCE = Permission.SEE_EVIDENCE
RELEASE = Permission.RELEASE_EVIDENCE
ERASE = Permission.ERASE_PEOPLE
BANKS = Permission.KEEP_BANKS

ROUTES = {
    "/": ("GET", PUBLIC),
    "/accessibility": ("GET", PUBLIC),
    "/acting/end": ("POST", SIGNED_IN),
    "/approvals": ("GET POST", APPROVE),
    "/approvals/<reference>": ("GET POST", APPROVE),
    "/audit": ("GET", AUDIT),
    "/audit/audit.csv": ("GET", AUDIT),
    "/choose-bank": ("GET POST", SIGNED_IN),
    "/concern": ("GET POST", REPORT),
    "/concerns": ("GET", CONCERNS),
    "/concerns/<reference>": ("GET POST", CONCERNS),
    "/directory": ("GET", FIND),
    "/directory/<reference>": ("GET", FIND),
    "/donate": ("GET POST", DONATE),
    "/enquiries": ("GET", ENQUIRIES),
    "/enquiries/<reference>": ("GET POST", ENQUIRIES),
    "/enquiries/<reference>/end": ("GET POST", ENQUIRIES),
    "/enquiries/<reference>/notes": ("GET POST", ENQUIRIES),
    "/enquiries/<reference>/referees": ("GET POST", ENQUIRIES),
    "/enquiries/<reference>/referees/<referee>/ask": ("POST", ENQUIRIES),
    "/enquiries/<reference>/referees/<referee>/telephone": ("GET POST", ENQUIRIES),
    "/enquiries/<reference>/take-in": ("GET POST", ENQUIRIES),
    "/enquiries/new": ("GET POST", ENQUIRIES),
    "/evidence": ("GET", EVIDENCE),
    "/evidence/cost": ("GET", EVIDENCE),
    "/evidence/figure/<name>": ("GET", EVIDENCE),
    "/evidence/figures.<ending>": ("GET", EVIDENCE),
    "/evidence/in-depth/<section>": ("GET", EVIDENCE),
    "/evidence/picture/<name>.<ending>": ("GET", EVIDENCE),
    "/evidence/releases": ("GET POST", RELEASE),
    "/evidence/releases/<reference>": ("GET", EVIDENCE),
    "/evidence/releases/<reference>/figures.<ending>": ("GET", EVIDENCE),
    "/evidence/releases/<reference>/pack.pdf": ("GET", EVIDENCE),
    "/first-password/<signed>": ("GET POST", PUBLIC),
    "/forgotten-password": ("GET POST", PUBLIC),
    "/gifts/<reference>": ("GET", OWN),
    "/gifts/<reference>/reverse": ("POST", GRANT),
    "/grant": ("GET POST", GRANT),
    "/healthz": ("GET", PUBLIC),
    "/help": ("GET", PUBLIC),
    "/helpers/<reference>/act": ("POST", MINE),
    "/helpers/<reference>/end": ("POST", MINE),
    "/hours": ("GET", OWN),
    "/hours/<reference>": ("GET", OWN),
    "/hours/<reference>/answer": ("GET POST", OWN),
    "/hours/<reference>/logged": ("GET", OWN),
    "/hours/<reference>/reply": ("GET POST", OWN),
    "/hours/<reference>/withdraw": ("GET POST", OWN),
    "/hours/log": ("GET POST", LOG),
    "/hours/log-for-others": ("GET POST", Permission.LOG_FOR_OTHERS),
    "/join/<code>": ("GET POST", PUBLIC),
    "/join/<code>/thank-you": ("GET", PUBLIC),
    "/me": ("GET POST", MINE),
    "/me/email": ("GET POST", MINE),
    "/me/email/<secret>": ("GET POST", MINE),
    "/me/everything": ("GET POST", MINE),
    "/me/helpers": ("GET POST", MINE),
    "/me/profile": ("GET POST", MINE),
    "/me/profile/seen": ("GET", MINE),
    "/me/statements": ("GET POST", MINE),
    "/me/stories": ("GET POST", MINE),
    "/me/password": ("GET POST", MINE),
    "/me/second-factor": ("GET POST", MINE),
    "/me/second-factor/codes": ("POST", MINE),
    "/me/second-factor/confirm": ("POST", MINE),
    "/me/second-factor/end": ("POST", MINE),
    "/me/sessions": ("GET", MINE),
    "/me/sessions/<reference>/end": ("POST", MINE),
    "/me/sessions/end-others": ("POST", MINE),
    "/months": ("GET", MONTHS),
    "/months/<written_month>": ("GET", MONTHS),
    "/months/<written_month>/again/<reference>": ("GET POST", MONTHS),
    "/months/<written_month>/close": ("POST", MONTHS),
    "/months/<written_month>/go-on": ("POST", MONTHS),
    "/months/<written_month>/labels.pdf": ("GET", MONTHS),
    "/months/<written_month>/message": ("POST", MONTHS),
    "/months/<written_month>/send": ("POST", MONTHS),
    "/months/<written_month>/send-again/<reference>": ("POST", MONTHS),
    "/months/<written_month>/statements": ("GET", MONTHS),
    "/months/<written_month>/statements.pdf": ("GET", MONTHS),
    "/months/<written_month>/telephone.pdf": ("GET", MONTHS),
    "/new-password/<secret>": ("GET POST", PUBLIC),
    "/organisations": ("GET", KEEP),
    "/organisations/<reference>": ("GET POST", KEEP),
    "/organisations/new": ("GET POST", KEEP),
    "/people": ("GET", KEEP),
    "/people/<reference>": ("GET", KEEP),
    "/people/<reference>/change": ("GET POST", KEEP),
    "/people/<reference>/checks": ("GET POST", KEEP),
    "/people/<reference>/clearances": ("GET POST", KEEP),
    "/people/<reference>/clearances/<clearance>/end": ("POST", KEEP),
    "/people/<reference>/died": ("GET POST", KEEP),
    "/people/<reference>/end-pause": ("POST", KEEP),
    "/people/<reference>/erase": ("GET POST", ERASE),
    "/people/<reference>/helpers": ("GET POST", KEEP),
    "/people/<reference>/invite": ("POST", KEEP),
    "/people/<reference>/leave": ("GET POST", KEEP),
    "/people/<reference>/limits": ("POST", KEEP),
    "/people/<reference>/pause": ("GET POST", KEEP),
    "/people/<reference>/return": ("POST", KEEP),
    "/people/<reference>/role": ("POST", RULES),
    "/people/<reference>/safeguarding-lead": ("POST", RULES),
    "/people/<reference>/statements": ("GET POST", KEEP),
    "/people/<reference>/stories": ("GET POST", KEEP),
    "/people/new": ("GET POST", KEEP),
    "/people/search": ("GET", FIND),
    "/privacy": ("GET", PUBLIC),
    "/published/<code>": ("GET", PUBLIC),
    "/published/<code>/<reference>": ("GET", PUBLIC),
    "/published/<code>/<reference>/figures.<ending>": ("GET", PUBLIC),
    "/published/<code>/<reference>/pack.pdf": ("GET", PUBLIC),
    "/referee/<secret>": ("GET POST", PUBLIC),
    "/rules": ("GET POST", RULES),
    "/rules/activities": ("GET", RULES),
    "/rules/activities/<reference>": ("GET POST", RULES),
    "/rules/activities/new": ("GET POST", RULES),
    "/rules/costs": ("GET POST", RULES),
    "/rules/costs/<reference>/remove": ("POST", RULES),
    "/second-step": ("GET POST", PUBLIC),
    "/second-step/set-up": ("GET POST", PUBLIC),
    "/sign-in": ("GET POST", PUBLIC),
    "/sign-out": ("POST", SIGNED_IN),
    "/statements": ("GET", OWN),
    "/statements/<reference>": ("GET", OWN),
    "/statements/<reference>/<written_month>": ("GET", OWN),
    "/statements/<reference>/<written_month>/statement.pdf": ("GET", OWN),
    "/statements/<reference>/<written_month>/statement.<ending>": ("GET", OWN),
    "/static/<path:filename>": ("GET", PUBLIC),
    "/stories": ("GET", RELEASE),
    "/stories/<reference>/show": ("POST", RELEASE),
    "/stories/<reference>/take-back": ("POST", MINE),
    "/system": ("GET", BANKS),
    "/system/banks/new": ("GET POST", BANKS),
    "/system/doctor": ("GET", BANKS),
    "/unsubscribe/<reference>": ("GET POST", PUBLIC),
    "/verify": ("GET POST", PUBLIC),
    "/who-can-do-what": ("GET", RULES),
}


def test_every_address_is_listed_here_with_who_may_open_it(app_without_data):
    found: dict[str, tuple[set[str], set[object]]] = {}
    for rule in app_without_data.url_map.iter_rules():
        methods, permissions = found.setdefault(rule.rule, (set(), set()))
        methods |= (rule.methods or set()) - {"HEAD", "OPTIONS"}
        permissions.add(app_without_data.view_functions[rule.endpoint].declared_permission)
    assert all(len(permissions) == 1 for _methods, permissions in found.values())
    assert {rule: (" ".join(sorted(methods)), *permissions) for rule, (methods, permissions) in found.items()} == ROUTES


def test_every_view_says_who_may_use_it(app_without_data):
    assert undeclared_views(app_without_data) == []


def test_what_changes_something_is_never_public_but_to_sign_in_and_to_stop_mail():
    writing = {rule for rule, (methods, permission) in ROUTES.items() if "POST" in methods and permission is PUBLIC}
    # A code is sent to be checked, and changes nothing.
    assert writing == {
        *("/sign-in", "/first-password/<signed>", "/forgotten-password", "/new-password/<secret>"),
        # Halfway through signing in, after the right password.
        *("/second-step", "/second-step/set-up"),
        *("/unsubscribe/<reference>", "/verify"),
        # Whoever wants to join is nobody's member yet, nor need a referee be one: by a link that was mailed.
        *("/join/<code>", "/referee/<secret>"),
    }


def test_each_role_is_a_set_of_permissions():
    member, reader, deputy, coordinator, administrator, system = (ALLOWED[role] for role in Role)
    assert member < deputy < coordinator < administrator
    assert administrator == frozenset(Permission) - {Permission.KEEP_BANKS}
    # They are no more and no less than the others: what they see, nobody else needs, and nobody is named in it.
    assert reader == {SIGNED_IN, MINE, REPORT, Permission.SEE_EVIDENCE}
    assert system == {SIGNED_IN, MINE, BANKS}
    never_a_deputy = {MONTHS, GRANT, KEEP, RULES, AUDIT, ERASE, Permission.SEE_STATEMENTS, Permission.REVERSE_HOURS}
    assert not deputy & never_a_deputy


def test_a_helper_acts_in_hours_alone():
    assert {OWN, LOG, FIND} == WHILE_ACTING
    assert {SIGNED_IN, REPORT} == AS_ONESELF


def test_every_permission_is_asked_for_somewhere_or_decides_what_is_shown():
    asked = {permission for _methods, permission in ROUTES.values()}
    # A coordinator opens the same statement pages as everybody, but everybody's; reversing is one of the decisions on a
    # page that deputies open too.
    assert set(Permission) - asked == {Permission.SEE_STATEMENTS, Permission.REVERSE_HOURS}
