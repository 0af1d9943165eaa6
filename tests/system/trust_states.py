"""The commitments of the Trust Center, and what becomes of them when all checks are carried out anew."""
import yaml
from stack import ROOT, wait_until

ROWS = [row for file in sorted((ROOT / "content/commitments").glob("*.yaml")) for row in yaml.safe_load(file.read_text())]


def sentences_of(*checks):
    return {row["id"] for row in ROWS if set(row.get("checks") or []) & set(checks)}


def entries(api):
    """The number of each check's latest result in the audit log."""
    return {each["id"]: each["result"]["entry"] if each["result"] else 0 for each in api.pages("/trust/checks")}


def states_after_a_round(api, but=()):
    """`but`: checks whose results are not waited for."""
    newest = max(entries(api).values(), default=0)
    api.post("/trust/runs")
    wait_until("every check has a new result", lambda: all(entry > newest for each, entry in entries(api).items() if each not in but), 180)
    return {each["id"]: each["state"] for each in api.pages("/trust/commitments")}
