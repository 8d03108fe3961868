"""Does anything leave the platform but by the few modules that disclose it first?

Mail, other people's addresses and files each have one module where they go out; all others call it. ALLOWED says which, and why.
"""

import ast
from pathlib import PurePath

from tests.rules.source import SERVER, calls, last_name, python_files, text_of, told

# A library that reaches out, and who may import it. What is told to our own processes (psycopg, grpc) is no way out.
ALLOWED: dict[str, dict[str, str]] = {
    "smtplib": {"privacy/actions/sending.py": "names the errors of the mail server"},
    "httpx": {
        "privacy/actions/sending.py": "text messages, after disclose()",
        "privacy/outgoing.py": "webhooks, which the jobs process claims and discloses first",
    },
    "urllib.request": {"web/board/simulator_client.py": "the simulator of doors beside us, with invented persons"},
    "http.client": {},
    "requests": {},
    "aiohttp": {},
    "urllib3": {},
    "ftplib": {},
    "telnetlib": {},
    "paramiko": {},
    "boto3": {},
    "socket": {
        "privacy/outgoing.py": "a constant for looking up a name",
    },
}
# Who may put a mail on its way; others make one and hand it to send_mail().
SENDS_MAIL = {"privacy/actions/sending.py"}
SENDING = {"send_mail", "send_mass_mail", "mail_admins", "mail_managers", "get_connection", "send_messages"}
# Who may answer with a file; it asks for what disclose() gave.
GIVES_FILES = {"web/files.py": "asks for it"}
FILE_WORDS = ("attachment",)
STREAMS = {"FileResponse"}


def imported(tree: ast.AST) -> list[tuple[int, str]]:
    """Every module that is imported, with the names taken from it as modules too: (line, dotted name)."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found += [(node.lineno, node.module), *((node.lineno, f"{node.module}.{each.name}") for each in node.names)]
        elif isinstance(node, ast.Call) and last_name(node.func) in {"import_module", "__import__"} and node.args:
            found.append((node.lineno, text_of(node.args[0]) or ""))
    return found


def reaches_out(path: str, source: str) -> list[str]:
    tree, within = ast.parse(source), _within(path)
    return sorted(
        {
            f"line {line}: imports {library}: a way out that nothing on record goes before"
            for line, name in imported(tree)
            for library, allowed in ALLOWED.items()
            if (name == library or name.startswith(f"{library}.")) and within not in allowed
        }
    )


def sends_mail(path: str, source: str) -> list[str]:
    """`x.send()` is a mail's where the module knows mails; Django's own shortcuts are one wherever they stand."""
    if _within(path) in SENDS_MAIL:
        return []
    tree = ast.parse(source)
    from_django = {name for _line, name in imported(tree) if name.startswith("django.core.mail")}
    knows_mails = bool(from_django) or "render_mail" in source
    found = []
    for call in calls(tree):
        name = last_name(call.func)
        if f"django.core.mail.{name}" in from_django and name in SENDING:
            found.append(f"line {call.lineno}: {name}() sends a mail past send_mail() of privacy.actions")
        if knows_mails and name == "send" and isinstance(call.func, ast.Attribute):
            found.append(f"line {call.lineno}: .send() sends a mail past send_mail() of privacy.actions")
    return found


def gives_files(path: str, source: str) -> list[str]:
    if _within(path) in GIVES_FILES:
        return []
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value.strip().lower()
            if text.startswith(FILE_WORDS) or (text == "content-disposition"):
                found.append(f"line {node.lineno}: answers with a file past file_answer()")
        if isinstance(node, ast.Call) and last_name(node.func) in STREAMS:
            found.append(f"line {node.lineno}: {last_name(node.func)} answers with a file past file_answer()")
        if isinstance(node, ast.Call) and last_name(node.func) in {"HttpResponse", "StreamingHttpResponse"}:
            found += _answers_with_table(node)
    return found


def _answers_with_table(call: ast.Call) -> list[str]:
    kinds = [keyword.value for keyword in call.keywords if keyword.arg == "content_type"] + call.args[1:2]
    said = [text_of(kind) or "" for kind in kinds]
    return [f"line {call.lineno}: answers with a table past csv_file()" for kind in said if kind.startswith("text/csv")]


def _within(path: str) -> str:
    return PurePath(path).as_posix().removeprefix("portvakt/server/")


def test_nothing_reaches_out_but_where_it_is_disclosed() -> None:
    files = list(python_files(SERVER))
    found = {path: reaches_out(path, text) for path, text in files}
    assert found
    assert not told(found), told(found)


def test_no_mail_is_sent_but_by_send_mail() -> None:
    files = list(python_files(SERVER))
    found = {path: sends_mail(path, text) for path, text in files}
    assert any("EmailMessage(" in text for _path, text in files)
    assert not told(found), told(found)


def test_no_file_is_given_but_by_file_answer() -> None:
    files = list(python_files(SERVER))
    found = {path: gives_files(path, text) for path, text in files}
    assert any("file_answer(" in text for _path, text in files)
    assert not told(found), told(found)


def test_what_is_allowed_is_there_and_still_needs_it() -> None:
    for library, allowed in ALLOWED.items():
        for path in allowed:
            names = [name for _line, name in imported(ast.parse((SERVER / path).read_text(encoding="utf-8")))]
            assert any(name == library or name.startswith(f"{library}.") for name in names), (library, path)
    for path in [*SENDS_MAIL, *GIVES_FILES]:
        assert (SERVER / path).is_file()


def test_planted_libraries_are_found() -> None:
    here = "portvakt/server/web/board/x.py"
    for line in (
        "import httpx", "import smtplib", "from urllib import request", "from urllib.request import urlopen", "import socket",
        "from requests import post", "import http.client", "__import__('httpx')", "importlib.import_module('smtplib')",
    ):  # fmt: skip
        assert len(reaches_out(here, line)) == 1, line
    assert reaches_out(here, "from urllib.parse import quote\nimport http") == []
    assert reaches_out("portvakt/server/privacy/outgoing.py", "import httpx") == []
    assert reaches_out("portvakt/server/privacy/outgoing.py", "import smtplib")


def test_planted_mails_are_found() -> None:
    here = "portvakt/server/jobs/x.py"
    assert sends_mail(here, "from django.core.mail import EmailMessage\nEmailMessage('a', 'b').send()")
    assert sends_mail(here, "from django.core.mail import send_mail\nsend_mail('a', 'b', 'c', [])")
    assert sends_mail(here, "from django.core import mail\nmail.EmailMessage('a').send()")
    assert sends_mail(here, "class A:\n  def f(self):\n    self.render_mail('a').send()")
    right = (
        "from django.core.mail import EmailMessage\nfrom portvakt.server.privacy.actions import send_mail\n"
        "send_mail(EmailMessage('a'), 1, 2)"
    )
    assert sends_mail(here, right) == []
    assert sends_mail(here, "stream.send(1)") == []


def test_planted_files_are_found() -> None:
    here = "portvakt/server/web/board/x.py"
    assert gives_files(here, "answer.headers['Content-Disposition'] = 'inline'")
    assert gives_files(here, "f('attachment; filename=a')")
    assert gives_files(here, "answer['x'] = f'attachment; filename={name}'")
    assert gives_files(here, "HttpResponse(text, content_type='text/csv; charset=utf-8')")
    assert gives_files(here, "StreamingHttpResponse(rows, 'text/csv')")
    assert gives_files(here, "FileResponse(open('x'))")
    assert gives_files(here, "HttpResponse(text, content_type='text/html')") == []
    assert gives_files("portvakt/server/web/files.py", "f('attachment; filename=a')") == []
