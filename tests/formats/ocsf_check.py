#!/usr/bin/env python3
"""A strict judge of OCSF events: judges each line of standard input by ocsf-1.8.0.json, whose head says what that is.

  ocsf_check.py [SCHEMA] < EVENTS.jsonl

Refused: attributes that the class or object has not, or has only with a profile that the event does not name; required ones that
are missing; values of another type; numbers that an enumeration has not; texts that say something else than their number; type_uid
that is not class_uid * 100 + activity_id; objects that hold none of those of which they need one."""
import ipaddress
import json
import pathlib
import re
import sys

OTHER = 99


class Schema:
    def __init__(self, path=pathlib.Path(__file__).with_name("ocsf-1.8.0.json")):
        rows = json.loads(pathlib.Path(path).read_text())
        self.version, self.types, self.attributes = rows["version"], rows["types"], rows["attributes"]
        self.objects, self.profiles, self.base, self.classes = rows["objects"], rows["profiles"], rows["base"], rows["classes"]

    def judge(self, event):
        """What is wrong with it, a line each; nothing: it is valid."""
        if not isinstance(event, dict):
            return ["event: is no object"]
        its_class = self.classes.get(str(event.get("class_uid")))
        if its_class is None or isinstance(event.get("class_uid"), bool):
            return [f"class_uid: {event.get('class_uid')!r} is no class that is known here"]
        errors = []
        named = event.get("metadata", {}).get("profiles", []) if isinstance(event.get("metadata"), dict) else []
        named = named if isinstance(named, list) else []
        errors += [f"metadata.profiles: {name!r} is no profile" for name in named if name not in self.profiles]
        own = merge(self.base, its_class)
        shape = merge(own, *(self.profiles[name] for name in named if name in self.profiles))
        for key in event:
            if key not in names(shape):
                holders = [name for name, profile in self.profiles.items() if key in names(profile)]
                errors.append(f"{key}: needs the profile {' or '.join(holders)}" if holders else f"{key}: is unknown")
        enums = {"class_uid": {str(event["class_uid"]): its_class["name"]},
                 "category_uid": {str(its_class["category_uid"]): its_class["category_name"]}, **its_class["enums"]}
        errors += self.judge_members(event, {**shape, "enums": enums}, "")
        if shape_is(event, "class_uid") and shape_is(event, "activity_id"):
            wanted = event["class_uid"] * 100 + event["activity_id"]
            if event.get("type_uid") != wanted:
                errors.append(f"type_uid: {event.get('type_uid')!r}, not {wanted}")
            caption = self.enum_of("activity_id", enums)
            said = event.get("activity_name") if event["activity_id"] == OTHER else caption.get(str(event["activity_id"]))
            if "type_name" in event and event["type_name"] != f"{its_class['name']}: {said}":
                errors.append(f"type_name: {event['type_name']!r}")
        if isinstance(event.get("metadata"), dict) and event["metadata"].get("version") != self.version:
            errors.append(f"metadata.version: is not {self.version}")
        return errors

    def judge_members(self, value, shape, place):
        errors = [f"{place}{key}: is missing" for key in shape.get("required", []) if key not in value]
        any_of = shape.get("at_least_one")
        if any_of and not any(key in value for key in any_of):
            errors.append(f"{place or 'event '}: needs one of {', '.join(any_of)}")
        just_one = shape.get("just_one")
        if just_one and sum(key in value for key in just_one) != 1:
            errors.append(f"{place or 'event '}: needs just one of {', '.join(just_one)}")
        for key, member in value.items():
            if key in names(shape):
                errors += self.judge_attribute(key, member, value, shape, place + key)
        return errors

    def enum_of(self, key, enums):
        base = self.attributes[key].get("enum")
        own = enums.get(key)
        if own is None:
            return base
        # As the schema's compiler does: what a class or object adds stands beside Unknown and Other of the dictionary.
        return {**(base or {}), **own}

    def judge_attribute(self, key, value, holder, shape, place):
        row = self.attributes[key]
        kind = shape.get("types", {}).get(key, row["type"])
        if row.get("array"):
            if not isinstance(value, list) or not value:
                return [f"{place}: is no list of something"]
            errors = [error for index, each in enumerate(value) for error in self.judge_value(kind, each, f"{place}[{index}]")]
        else:
            errors = self.judge_value(kind, value, place)
        if errors:
            return errors
        most = row.get("max")
        if most is not None and value > most:
            return [f"{place}: {value} is more than {most}"]
        enum = self.enum_of(key, shape.get("enums", {}))
        if enum is not None:
            errors += self.judge_enum(enum, value, holder.get(row.get("sibling")), place)
        return errors

    @staticmethod
    def judge_enum(enum, value, said, place):
        values = value if isinstance(value, list) else [value]
        texts = said if isinstance(said, list) else [said]
        errors = [f"{place}: {each} is none of its numbers" for each in values if str(each) not in enum]
        if said is None:
            return errors + ([f"{place}: Other without a text"] if OTHER in values else [])
        if len(texts) != len(values):
            return errors + [f"{place}: as many texts as numbers"]
        for each, text in zip(values, texts):
            if each != OTHER and str(each) in enum and text != enum[str(each)]:
                errors.append(f"{place}: {each} is {enum[str(each)]!r}, not {text!r}")
        return errors

    def judge_value(self, kind, value, place):
        if kind in self.objects:
            if not isinstance(value, dict):
                return [f"{place}: is no {kind}"]
            shape = self.objects[kind]
            unknown = [f"{place}.{key}: is unknown" for key in value if key not in names(shape)]
            return unknown + self.judge_members(value, shape, place + ".")
        row = self.types[kind]
        if row.get("any"):
            return []
        if row.get("object"):
            return [] if isinstance(value, dict) else [f"{place}: is no object"]
        if row.get("boolean"):
            return [] if isinstance(value, bool) else [f"{place}: is no boolean"]
        if row.get("integer"):
            if isinstance(value, bool) or not isinstance(value, int):
                return [f"{place}: is no {kind}"]
            return [] if row["min"] <= value <= row["max"] else [f"{place}: {value} is no {kind}"]
        return self.judge_text(kind, row, value, place)

    @staticmethod
    def judge_text(kind, row, value, place):
        if not isinstance(value, str):
            return [f"{place}: is no text"]
        if len(value) > row.get("max_len", len(value)):
            return [f"{place}: is longer than {row['max_len']}"]
        if "regex" in row and not re.search(row["regex"], value):
            return [f"{place}: {value!r} is no {kind}"]
        if row.get("address"):
            try:
                ipaddress.ip_address(value)
            except ValueError:
                return [f"{place}: {value!r} is no {kind}"]
        return []


def names(shape):
    return {*shape.get("required", []), *shape.get("recommended", []), *shape.get("optional", [])}


def merge(*shapes):
    merged = {}
    for shape in shapes:
        for key in ("required", "recommended", "optional"):
            merged[key] = [*merged.get(key, []), *shape.get(key, [])]
        for key in ("at_least_one", "just_one"):
            if key in shape:
                merged[key] = shape[key]
    return merged


def shape_is(event, key):
    return isinstance(event.get(key), int) and not isinstance(event.get(key), bool)


def main():
    schema = Schema(*sys.argv[1:2])
    wrong = 0
    for number, line in enumerate(sys.stdin, 1):
        for error in schema.judge(json.loads(line)):
            print(f"{number}: {error}")
            wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
