#!/usr/bin/env python3
"""Holds the manager's SQL inside what SQLite, PostgreSQL and PostgreSQL with schemas spread by Citus all run unmodified.

Citus: tables made by plain top-level statements, one statement a message, no triggers, no MERGE, a primary key on every
table, nothing that names another schema (docs/database.md)."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2] / "src/manager"
LITERALS = re.compile(r'(?:R"\((?:.|\n)*?\)"|"(?:[^"\\\n]|\\.)*")(?:\s*(?:R"\((?:.|\n)*?\)"|"(?:[^"\\\n]|\\.)*"))*')
PIECE = re.compile(r'R"\(((?:.|\n)*?)\)"|"((?:[^"\\\n]|\\.)*)"')
IS_SQL = re.compile(r"\s*(SELECT|INSERT INTO|INSERT OR|UPDATE \w+ SET|DELETE FROM|CREATE \w+|ALTER TABLE|DROP \w+|MERGE INTO|WITH \w+|PRAGMA \w|DO \$|"
                    r"TRUNCATE|VACUUM|COPY|LOCK TABLE)\b", re.IGNORECASE)
# What is refused, and why. (?i) where the word could be written small.
RULES = [
    (r"(?i)\bTRIGGER\b", "a trigger: Citus refuses it"),
    (r"(?i)\bMERGE\s+INTO\b", "MERGE: use ON CONFLICT"),
    (r"(?i)\bDO\s+\$|\bCREATE\s+(OR\s+REPLACE\s+)?(FUNCTION|PROCEDURE)\b", "code in the database: what it makes is not spread over the nodes"),
    (r";", "several statements in one message"),
    (r"(?i)\bPRAGMA\b|\bAUTOINCREMENT\b|\bINSERT\s+OR\b|\bREPLACE\s+INTO\b|\bGLOB\b|\browid\b", "SQLite alone knows this"),
    (r"(?i)\bSERIAL\b|\bJSONB\b|\bNEXTVAL\b|\bIDENTITY\b", "numbers made by a node, or a type that SQLite lacks"),
    (r"(?i)\bCONCURRENTLY\b|\bLISTEN\b|\bNOTIFY\b", "not in every transaction, or not on every node"),
    (r"(?i)\bUNLOGGED\b|\bEXCLUDE\s+USING\b|\bGENERATED\b", "SQLite lacks it"),
    (r"(?i)\b(public|warder_control)\.\w", "another schema: never join across tenants"),
    (r"\?(?!\d)", "a place without its number"),
    (r"(?i)\bSET\b[^;]*\b(max|min)\(\w+,", "max of two: PostgreSQL calls it GREATEST; write a WHERE"),
    (r"(?i)(?<!_)\bLIKE\b(?!.*\bESCAPE\b)", "LIKE without ESCAPE"),
]
# The backends' own words: each of these files is the one place for them.
BACKEND_FILES = {"store/sqlite.cc", "store/sqlite_copy.cc", "store/postgres.cc", "store/dialect.cc", "events/filter_sql.cc"}


def statements(text):
    """The SQL of a file: literals that stand side by side are one, as the compiler has it."""
    text = re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE)
    for match in LITERALS.finditer(text):
        sql = "".join(raw if raw else piece.replace("\\\\", "\\").replace('\\"', '"') for raw, piece in PIECE.findall(match.group(0)))
        if IS_SQL.match(sql):
            yield text.count("\n", 0, match.start()) + 1, sql


def problems_of(sql):
    plain = re.sub(r"'(?:[^']|'')*'", "''", sql).replace("WITHOUT ROWID", "")  # which store/dialect.cc leaves out
    for pattern, reason in RULES:
        if re.search(pattern, plain):
            yield reason
    # A partition has its parent's; a text that goes on in code is looked at by check_schemas.
    if re.match(r"(?i)\s*CREATE TABLE\b", plain) and "(" in plain and not re.search(r"(?i)PRIMARY KEY", plain):
        yield "a table without a primary key: Citus cannot move it"


def self_check():
    """The rules refuse what they are for."""
    bad = ["CREATE TRIGGER a", "MERGE INTO a USING b", "SELECT 1; SELECT 2", "INSERT OR REPLACE INTO a VALUES (?1)", "SELECT a FROM b WHERE c = ?",
           "CREATE TABLE a (b BIGINT)", "UPDATE a SET b = max(b, ?1)", "SELECT 1 FROM public.users", "DROP INDEX CONCURRENTLY a", "DO $$ BEGIN END $$"]
    good = ["SELECT ';' FROM a WHERE b LIKE ?1 ESCAPE '\\'", "CREATE TABLE a (b BIGINT PRIMARY KEY)", "SELECT max(a) FROM b"]
    return [f"tests/lint/sql.py lets pass: {sql}" for sql in bad if not any(problems_of(sql))] + [
        f"tests/lint/sql.py refuses: {sql}" for sql in good if any(problems_of(sql))]


def main():
    problems = self_check()
    count = 0
    for file in sorted(ROOT.rglob("*.cc")) + sorted(ROOT.rglob("*.h")):
        here = file.relative_to(ROOT).as_posix()
        if here in BACKEND_FILES or here.endswith("_test.cc") or "/testing" in here:
            continue
        for line, sql in statements(file.read_text()):
            count += 1
            problems += [f"src/manager/{here}:{line}: {reason}: {sql[:60]}" for reason in problems_of(sql)]
    print("\n".join(problems) if problems else f"sql: {count} statements run on every backend")
    return 1 if problems or count < 50 else 0


if __name__ == "__main__":
    sys.exit(main())
