#include "manager/trust/testing_oscal.h"

#include <algorithm>
#include <chrono>

#include "base/ids.h"
#include "base/text.h"
#include "base/time.h"

namespace warder::manager::testing {
namespace {

struct Row {
  std::string_view object;
  std::string_view members;
};

// What the JSON Schemas of release 1.2.2 ask of the objects that oscal.cc writes, and nothing else. A member is
// NAME:RULE, or NAME alone where the rule has the name's own name; "!" it has to be there, "*" it is a list of at least
// one, "?" the schema takes it and we never write it. No object takes a member that is not named here.
constexpr Row kRows[] = {
    {"document", "$schema? catalog component-definition assessment-results plan-of-action-and-milestones"},
    {"metadata",
     "title:line! last-modified:time! version:string! oscal-version:string! published:time revisions? document-ids? "
     "props:property* links? roles? locations? parties? responsible-parties? actions? remarks:text"},
    {"property", "name:token! value:string! uuid ns:uri class:token group:token remarks:text"},
    {"back-matter", "resources:resource*"},
    {"resource",
     "uuid! title:line description:text props:property* document-ids? citation? rlinks:rlink* base64? remarks:text"},
    {"rlink", "href:uri-reference! media-type:string hashes?"},

    {"catalog", "uuid! metadata! params? controls:control* groups:group* back-matter"},
    {"group",
     "title:line! id:token class:token params? props:property* links? parts:part* groups:group* "
     "controls:control*"},
    {"control", "id:token! title:line! class:token params? props:property* links? parts:part* controls:control*"},
    {"part", "name:token! id:token ns:uri class:token title:line props:property* prose:text parts:part* links?"},

    {"component-definition",
     "uuid! metadata! import-component-definitions? components:component* capabilities? back-matter"},
    {"component",
     "uuid! type:string! title:line! description:text! purpose:line props:property* links? responsible-roles? "
     "protocols? control-implementations:control-implementation* remarks:text"},
    {"control-implementation",
     "uuid! source:uri-reference! description:text! implemented-requirements:implemented-requirement*! "
     "props:property* links? set-parameters?"},
    {"implemented-requirement",
     "uuid! control-id:token! description:text! props:property* links? set-parameters? responsible-roles? statements? "
     "remarks:text"},

    {"assessment-results", "uuid! metadata! import-ap! results:result*! local-definitions? back-matter"},
    {"import-ap", "href:uri-reference! remarks:text"},
    {"result",
     "uuid! title:line! description:text! start:time! reviewed-controls! end:time props:property* links? "
     "local-definitions? attestations? assessment-log? observations:observation* risks? findings:finding* "
     "remarks:text"},
    {"reviewed-controls",
     "control-selections:control-selection*! control-objective-selections? description:text props:property* links? "
     "remarks:text"},
    {"control-selection",
     "include-all include-controls:selected-control* exclude-controls:selected-control* description:text "
     "props:property* links? remarks:text"},
    {"include-all", ""},
    {"selected-control", "control-id:token! statement-ids:token*"},
    {"observation",
     "uuid! description:text! methods:string*! collected:time! title:line props:property* links? types:token* origins? "
     "subjects? relevant-evidence? expires:time remarks:text"},
    {"finding",
     "uuid! title:line! description:text! target! props:property* links? origins? implementation-statement-uuid:uuid "
     "related-observations:related-observation* related-risks? remarks:text"},
    {"target",
     "type:statement-id|objective-id! target-id:token! status! title:line description:text props:property* links? "
     "implementation-status? remarks:text"},
    {"status", "state:satisfied|not-satisfied! reason:token remarks:text"},
    {"related-observation", "observation-uuid:uuid! remarks:text"},

    {"plan-of-action-and-milestones",
     "uuid! metadata! poam-items:poam-item*! import-ssp? system-id local-definitions? observations:observation* risks? "
     "findings:finding* back-matter"},
    {"system-id", "id:string! identifier-type:uri"},
    {"poam-item",
     "title:line! description:text! uuid props:property* links? origins? related-findings? "
     "related-observations:related-observation* related-risks? remarks:text"},
};

/// Members of which an object has one, or at most one.
struct Choice {
  std::string_view object;
  std::vector<std::string_view> members;
  bool is_needed;
};

const std::vector<Choice>& choices() {
  static const std::vector<Choice> all = {
      {"document", {"catalog", "component-definition", "assessment-results", "plan-of-action-and-milestones"}, true},
      {"group", {"groups", "controls"}, false},
      {"control-selection", {"include-all", "include-controls"}, true}};
  return all;
}

std::pair<std::string, OscalMember> parse_member(std::string_view text) {
  OscalMember member;
  for (; !text.empty() && (text.back() == '!' || text.back() == '*' || text.back() == '?'); text.remove_suffix(1)) {
    member.is_needed |= text.back() == '!';
    member.is_list |= text.back() == '*';
    member.is_described &= text.back() != '?';
  }
  const std::size_t colon = text.find(':');
  member.rule = text.substr(colon == std::string_view::npos ? 0 : colon + 1);
  return {std::string(text.substr(0, colon)), std::move(member)};
}

// Narrower than the schemas where we write less: tokens and spaces are of ASCII, the time zone is Z.
bool is_time(const std::string& text) {
  constexpr std::size_t kSeparator = 10;
  return parse_rfc3339(text) && text[kSeparator] == 'T' && text.back() == 'Z' &&
         (text.starts_with("19") || text.starts_with('2'));
}

bool is_of_one_line(const std::string& text) {
  return !text.empty() && text.find_first_of("\r\n") == std::string::npos;
}

bool is_of_those(char c, std::string_view those) {
  return those.find(c) != std::string_view::npos;
}

/// Letters, digits and these others.
bool is_of(const std::string& text, std::string_view others) {
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || is_of_those(c, others);
  });
}

bool is_token(const std::string& text) {
  return is_of(text, "._-") && !is_of_those(text.front(), "0123456789.-");
}

constexpr std::string_view kInUris = "._~:/?#@!$&'()*+,;=%-";

bool is_uri(const std::string& text) {
  const std::size_t colon = text.find(':');
  return is_of(text, kInUris) && colon > 1 && colon < text.size() - 1 && is_of(text.substr(0, colon), "+.-") &&
         !is_of_those(text.front(), "0123456789+.-");
}

/// Versions 4 and 5 of RFC 4122.
bool is_uuid(const std::string& text) {
  constexpr std::size_t kVersion = 14;
  constexpr std::size_t kVariant = 19;
  return parse_uuid(text) && is_of_those(text[kVersion], "45") && is_of_those(text[kVariant], "89ABab");
}

bool is_of_datatype(const std::string& text, std::string_view datatype) {
  if (datatype == "uuid") return is_uuid(text);
  if (datatype == "token") return is_token(text);
  if (datatype == "time") return is_time(text);
  if (datatype == "uri") return is_uri(text);
  if (datatype == "uri-reference") return is_of(text, kInUris);
  if (datatype == "line") return is_of_one_line(text);
  if (datatype == "string") return is_of_one_line(text) && trim(text) == text;
  if (datatype == "text") return true;
  return std::ranges::count(split(datatype, '|'), text) > 0;
}

class Reader {
 public:
  OscalReading take() { return std::move(reading_); }

  void read(const json::value& value, std::string_view rule, const std::string& at) {
    if (const auto object = oscal_objects().find(rule); object != oscal_objects().end())
      return read_object(value, *object, at);
    reading_.values.push_back({at, std::string(rule)});
    if (!value.is_string() || !is_of_datatype(std::string(value.as_string()), rule))
      report(at, "is no " + std::string(rule));
  }

 private:
  void report(const std::string& at, const std::string& what) { reading_.violations.push_back(at + ": " + what); }

  void read_object(const json::value& value, const std::pair<const std::string, OscalObject>& object,
                   const std::string& at) {
    if (!value.is_object()) return report(at, "is no object");
    reading_.objects.push_back({at, object.first});
    const json::object& members = value.as_object();
    for (const auto& [name, member] : object.second)
      if (member.is_needed && !members.contains(name)) report(at, "has no " + name);
    for (const auto& [key, member] : members) read_member(member, object.second, std::string(key), at);
    for (const Choice& choice : choices()) {
      if (choice.object != object.first) continue;
      const auto there = std::ranges::count_if(choice.members, [&](auto name) { return members.contains(name); });
      if (there > 1) report(at, "has more than one of what exclude each other");
      if (there == 0 && choice.is_needed) report(at, "has none of what it has one of");
    }
  }

  void read_member(const json::value& value, const OscalObject& object, const std::string& key,
                   const std::string& parent) {
    const std::string at = parent + "/" + key;
    const auto member = object.find(key);
    if (member == object.end()) return report(at, "is not known");
    if (!member->second.is_described) return report(at, "is taken, but nothing here says what it holds");
    if (!member->second.is_list) return read(value, member->second.rule, at);
    if (!value.is_array() || value.as_array().empty()) return report(at, "is no list of one or more");
    reading_.lists.push_back({at, member->second.rule});
    for (std::size_t i = 0; i < value.as_array().size(); ++i)
      read(value.as_array()[i], member->second.rule, at + "/" + std::to_string(i));
  }

  OscalReading reading_;
};

constexpr std::string_view kPromises = R"(
- {id: tc-1, kind: technical, en: One., ja: あ。, owner: security, checks: [a], pci: ["4.2.1"]}
- {id: tc-2, kind: technical, en: Two., ja: い。, owner: security, checks: [a, b]}
- {id: tc-3, kind: organisational, en: Three., ja: う。, owner: people, evidence: 365d}
- {id: tc-4, kind: statement, en: Four., ja: え。, owner: security}
- {id: tc-5, kind: technical, en: Five., ja: お。, owner: security, checks: [], unmeasured: build}
)";

}  // namespace

const std::map<std::string, OscalObject, std::less<>>& oscal_objects() {
  static const auto all = [] {
    std::map<std::string, OscalObject, std::less<>> made;
    for (const Row& row : kRows) {
      OscalObject& object = made[std::string(row.object)];
      for (const std::string_view member : split(row.members, ' '))
        if (!member.empty()) object.insert(parse_member(member));
    }
    return made;
  }();
  return all;
}

OscalReading read_oscal(const json::value& document) {
  Reader reader;
  reader.read(document, "document", "");
  return reader.take();
}

std::vector<std::string> values_under(const json::value& document, std::string_view key) {
  std::vector<std::string> found;
  const auto add = [&](const json::value& value) {
    for (std::string& each : values_under(value, key)) found.push_back(std::move(each));
  };
  if (document.is_array())
    for (const json::value& each : document.as_array()) add(each);
  if (document.is_object())
    for (const auto& [name, member] : document.as_object()) {
      if (name == key && member.is_string()) found.emplace_back(member.as_string());
      add(member);
    }
  return found;
}

Timestamp oscal_time() {
  return Timestamp{std::chrono::sys_days{std::chrono::year{2026} / 11 / 27}};
}

OscalWorld::OscalWorld()
    : OscalWorld(parse_commitments("security", kPromises).value(),
                 {{"a", "A is looked at.", "ア", {}}, {"b", "B is looked at.", "イ", {}}},
                 {{"a", {"a", oscal_time() - std::chrono::minutes(5), Verdict::Pass, "secret", {}, 7}},
                  {"b", {"b", oscal_time() - std::chrono::minutes(9), Verdict::Fail, "secret", {}, 8}}}) {}

OscalWorld::OscalWorld(std::vector<Commitment> rows, std::vector<Check> checks, LatestResults latest)
    : rows_(std::move(rows)), checks_(std::move(checks)) {
  snapshot_.time = oscal_time();
  snapshot_.results = std::move(latest);
  for (const Commitment& row : rows_)
    snapshot_.lines.push_back({&row, assess(row, snapshot_.results, {}, snapshot_.time)});
}

json::value OscalWorld::make(std::string_view name) const {
  return oscal_document(name, {snapshot_, checks_, "warder.example/1", "1.2.3"}).value();
}

}  // namespace warder::manager::testing
