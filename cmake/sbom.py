#!/usr/bin/env python3
"""Writes the software bill of materials (CycloneDX 1.5) of the programs and the console.

What is in it: every shared library that a program loads, with its Debian package and version; header-only libraries that
the sources include; the console's npm packages that end up in its bundle. Fails when one of them is not in the reviewed
list packaging/components.json, or has another licence than was reviewed: a new component is a decision, not an accident.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import uuid

INCLUDE = re.compile(r"^\s*#\s*include\s*<([^>]+)>", re.MULTILINE)
LDD = re.compile(r"(?:=> )?(/\S+) \(0x")


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def loaded_libraries(programs):
    """Library path -> the programs that load it."""
    users = {}
    for program in programs:
        for path in LDD.findall(run("ldd", program)):
            users.setdefault(os.path.realpath(path), set()).add(os.path.basename(program))
    return users


def included_headers(root):
    """Third-party headers that the product's own sources include (not the tests'), as files."""
    headers = set()
    for path in sorted(root.rglob("*")):
        if path.suffix not in (".h", ".cc"):
            continue
        names = INCLUDE.findall(path.read_text(encoding="utf-8"))
        if "gtest/gtest.h" in names:
            continue
        for name in names:
            found = pathlib.Path("/usr/include") / name
            if "/" in name and found.is_file():
                headers.add(os.path.realpath(found))
    return headers


def owning_packages(paths):
    """File -> Debian package; a file that belongs to none is an error: nobody would send updates for it."""
    owners = {}
    names = {path: path for path in paths}
    # Before the merge of /lib into /usr/lib some packages listed their files under the old name.
    names.update({path.removeprefix("/usr"): path for path in paths if path.startswith("/usr/lib")})
    found = subprocess.run(["dpkg", "-S", *names], capture_output=True, text=True).stdout
    for line in found.splitlines():
        package, _, path = line.partition(": ")
        if path in names and not package.startswith("diversion"):
            owners[names[path]] = package.split(",")[0].split(":")[0]
    unowned = sorted(set(paths) - set(owners))
    if unowned:
        sys.exit("sbom: these files belong to no Debian package: " + ", ".join(unowned))
    return owners


def package_versions(packages):
    """Package -> (source package, version, architecture)."""
    form = "${Package}\t${source:Package}\t${Version}\t${Architecture}\n"
    lines = run("dpkg-query", "-W", "-f", form, *sorted(packages)).splitlines()
    return {name: (source, version, arch) for name, source, version, arch in (line.split("\t") for line in lines)}


def debian_component(package, source, version, architecture, how):
    return {
        "kind": "debian",
        "reviewed_as": source,
        "name": package,
        "version": version,
        "purl": f"pkg:deb/debian/{package}@{version.replace('+', '%2B').replace(':', '%3A')}?arch={architecture}",
        "how": how,
    }


def debian_components(programs, sources):
    libraries = loaded_libraries(programs)
    headers = included_headers(sources)
    owners = owning_packages(set(libraries) | headers)
    how = {}
    for path, users in libraries.items():
        how.setdefault(owners[path], set()).update(users)
    versions = package_versions(set(owners.values()))
    linked_sources = {versions[package][0] for package in how}
    for path in headers:
        # The headers of a library that is linked anyway say nothing new.
        if versions[owners[path]][0] not in linked_sources:
            how.setdefault(owners[path], set()).add("headers")
    return [debian_component(package, *versions[package], ", ".join(sorted(how[package]))) for package in sorted(how)]


def npm_components(lock_path):
    if not lock_path.exists():
        return []
    components = {}
    for path, entry in json.loads(lock_path.read_text(encoding="utf-8"))["packages"].items():
        if not path or entry.get("dev") or entry.get("devOptional"):
            continue
        name = path.rpartition("node_modules/")[2]
        purl = f"pkg:npm/{name.replace('@', '%40', 1)}@{entry['version']}"
        components[purl] = {"kind": "npm", "reviewed_as": name, "name": name, "version": entry["version"], "purl": purl,
                            "licence": entry.get("license", "unknown"), "how": "console"}
    return [components[purl] for purl in sorted(components)]


def check_reviewed(components, reviewed):
    """Gives each component its reviewed licence; returns what is wrong, one line each."""
    faults = []
    for component in components:
        row = reviewed.get((component["kind"], component["reviewed_as"]))
        if row is None:
            faults.append(f"{component['kind']} component {component['reviewed_as']} ({component['name']} "
                          f"{component['version']}, for {component['how']}) is not in the reviewed list")
            continue
        found = component.setdefault("licence", row["licence"])
        if found != row["licence"]:
            faults.append(f"{component['name']}: its licence is {found}, reviewed was {row['licence']}")
    return faults


def read_reviewed(path):
    rows = json.loads(path.read_text(encoding="utf-8"))["components"]
    reviewed = {}
    for row in rows:
        missing = {"name", "kind", "licence", "reason", "used_by"} - set(row)
        if missing or (row["kind"], row["name"]) in reviewed:
            sys.exit(f"sbom: {path}: {row.get('name')}: {'lacks ' + ', '.join(sorted(missing)) if missing else 'twice'}")
        reviewed[row["kind"], row["name"]] = row
    return reviewed


def to_cyclonedx(version, components):
    entries = [{
        "type": "library",
        "bom-ref": component["purl"],
        "name": component["name"],
        "version": component["version"],
        "purl": component["purl"],
        "licenses": [{"expression": component["licence"]}],
        "properties": [{"name": "warder:usedBy", "value": component["how"]}],
    } for component in components]
    product = f"pkg:generic/warder@{version}"
    # Named after its content, so that two builds of one state give the same file.
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(entries, sort_keys=True) + version)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": product, "name": "warder", "version": version,
                                   "licenses": [{"expression": "Apache-2.0"}]}},
        "components": entries,
        "dependencies": [{"ref": product, "dependsOn": [entry["bom-ref"] for entry in entries]}],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=pathlib.Path, required=True, help="the repository")
    parser.add_argument("--version", required=True)
    parser.add_argument("--output", type=pathlib.Path, required=True)
    parser.add_argument("programs", nargs="*")
    options = parser.parse_args()

    components = debian_components(options.programs, options.source / "src")
    components += npm_components(options.source / "web" / "package-lock.json")
    faults = check_reviewed(components, read_reviewed(options.source / "packaging" / "components.json"))
    if faults:
        sys.exit("\n".join(["sbom:", *faults, "Review it (licence, upkeep, need) and add it to packaging/components.json."]))
    text = json.dumps(to_cyclonedx(options.version, components), indent=1, ensure_ascii=False) + "\n"
    options.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
