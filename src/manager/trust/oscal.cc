#include "manager/trust/oscal.h"

#include <algorithm>
#include <array>

#include "base/ids.h"
#include "base/json.h"
#include "crypto/hash.h"

namespace warder::manager {
namespace {

constexpr std::string_view kOscalVersion = "1.2.2";
constexpr std::string_view kNamespace = "urn:warder:trust";

/// The same for the same names. OSCAL takes versions 4 and 5 only: of 5 this has the form, over SHA-256.
std::string uuid_of(const OscalInput& input, std::string_view kind, std::string_view name) {
  std::string text = input.origin;
  text.append("\n").append(kind).append("\n").append(name);
  const crypto::Digest digest = crypto::sha256(as_bytes(text));
  Uuid uuid;
  std::copy_n(digest.begin(), uuid.bytes.size(), uuid.bytes.begin());
  uuid.bytes[6] = static_cast<std::uint8_t>((uuid.bytes[6] & 0x0f) | 0x50);
  uuid.bytes[8] = static_cast<std::uint8_t>((uuid.bytes[8] & 0x3f) | 0x80);
  return uuid.text();
}

json::object property(std::string_view name, std::string_view value) {
  return {{"name", name}, {"ns", kNamespace}, {"value", value}};
}

json::object metadata(const OscalInput& input, std::string_view title) {
  return {{"title", title},
          {"last-modified", to_rfc3339(input.snapshot.time)},
          {"version", input.version},
          {"oscal-version", kOscalVersion}};
}

/// The beginning of every document; one of the same moment is the same document.
json::object document(const OscalInput& input, std::string_view name, std::string_view title) {
  return {{"uuid", uuid_of(input, name, to_rfc3339(input.snapshot.time))}, {"metadata", metadata(input, title)}};
}

/// OSCAL's lists have at least one member or are not there.
void put(json::object& to, std::string_view key, json::array list) {
  if (!list.empty()) to[key] = std::move(list);
}

/// Another document of the same service, as the back matter of one that refers to it by "#" and its identifier.
json::object resource(const OscalInput& input, std::string_view document, std::string_view title) {
  const json::object link{{"href", document}, {"media-type", "application/json"}};
  const json::object made{
      {"uuid", uuid_of(input, "resource", document)}, {"title", title}, {"rlinks", json::array{link}}};
  return {{"resources", json::array{made}}};
}

std::string reference(const OscalInput& input, std::string_view document) {
  return "#" + uuid_of(input, "resource", document);
}

bool is_control(const TrustSnapshot::Line& line) {
  return line.commitment->kind != CommitmentKind::Statement;
}

json::object control(const Commitment& commitment) {
  json::array properties{property("kind", name(commitment.kind)), property("owner", commitment.owner)};
  for (const std::string& mapped : commitment.controls) properties.push_back(property("maps-to", mapped));
  json::array parts{json::object{{"id", commitment.id + "_smt"}, {"name", "statement"}, {"prose", commitment.en}}};
  return {
      {"id", commitment.id}, {"title", commitment.en}, {"props", std::move(properties)}, {"parts", std::move(parts)}};
}

json::object catalog(const OscalInput& input) {
  json::array groups;
  for (const std::string_view section : kTrustSections) {
    json::array controls;
    for (const TrustSnapshot::Line& line : input.snapshot.lines)
      if (line.commitment->section == section && is_control(line)) controls.push_back(control(*line.commitment));
    if (!controls.empty())
      groups.push_back(json::object{{"id", section}, {"title", section}, {"controls", std::move(controls)}});
  }
  json::object made = document(input, "catalog", "Promises of the Trust Center");
  put(made, "groups", std::move(groups));
  return {{"catalog", std::move(made)}};
}

json::object requirement(const OscalInput& input, const Commitment& commitment) {
  std::string how;
  json::array properties;
  for (const std::string& id : commitment.checks) {
    const auto check = std::ranges::find(input.checks, id, &Check::id);
    how.append(how.empty() ? "" : " ").append(check == input.checks.end() ? id : check->en);
    properties.push_back(property("check", id));
  }
  return {{"uuid", uuid_of(input, "requirement", commitment.id)},
          {"control-id", commitment.id},
          {"description", how},
          {"props", std::move(properties)}};
}

json::object components(const OscalInput& input) {
  json::array requirements;
  for (const TrustSnapshot::Line& line : input.snapshot.lines)
    if (!line.commitment->checks.empty()) requirements.push_back(requirement(input, *line.commitment));
  json::object component{{"uuid", uuid_of(input, "component", "warder")},
                         {"type", "software"},
                         {"title", "Warder"},
                         {"description", "A workload protection platform."}};
  json::object made = document(input, "component-definition", "Checks of the Trust Center");
  if (!requirements.empty()) {
    component["control-implementations"] =
        json::array{json::object{{"uuid", uuid_of(input, "implementation", "checks")},
                                 {"source", reference(input, "catalog")},
                                 {"description", "Checks that the product carries out by itself."},
                                 {"implemented-requirements", std::move(requirements)}}};
    made["back-matter"] = resource(input, "catalog", "Promises of the Trust Center, the catalog of the same service");
  }
  made["components"] = json::array{std::move(component)};
  return {{"component-definition", std::move(made)}};
}

std::chrono::seconds freshness_of(const OscalInput& input, std::string_view check) {
  std::chrono::seconds least{kDefaultFresh};
  for (const TrustSnapshot::Line& line : input.snapshot.lines)
    if (std::ranges::find(line.commitment->checks, check) != line.commitment->checks.end())
      least = std::min(least, line.commitment->fresh);
  return least;
}

std::string observation_id(const OscalInput& input, const CheckResult& result) {
  return uuid_of(input, "observation", result.check + "/" + std::to_string(result.entry));
}

/// Without the detail, which is for operators alone.
json::object observation(const OscalInput& input, const CheckResult& result) {
  const auto check = std::ranges::find(input.checks, result.check, &Check::id);
  return {{"uuid", observation_id(input, result)},
          {"title", result.check},
          {"description", check == input.checks.end() ? result.check : check->en},
          {"props", json::array{property("verdict", name(result.verdict)),
                                property("audit-entry", std::to_string(result.entry))}},
          {"methods", json::array{"TEST"}},
          {"collected", to_rfc3339(result.time)},
          {"expires", to_rfc3339(result.time + freshness_of(input, result.check))}};
}

json::object finding(const OscalInput& input, const TrustSnapshot::Line& line) {
  const bool is_kept = line.assessment.state == TrustState::Kept;
  json::array properties{property("state", name(line.assessment.state))};
  if (!line.assessment.reason.empty()) properties.push_back(property("reason", line.assessment.reason));
  json::object status{{"state", is_kept ? "satisfied" : "not-satisfied"}};
  const bool is_failure = line.assessment.state == TrustState::Broken;
  status["reason"] = is_kept ? "pass" : is_failure ? "fail" : "other";
  json::object made{{"uuid", uuid_of(input, "finding", line.commitment->id)},
                    {"title", line.commitment->id},
                    {"description", line.commitment->en},
                    {"props", std::move(properties)},
                    {"target", json::object{{"type", "statement-id"},
                                            {"target-id", line.commitment->id + "_smt"},
                                            {"status", std::move(status)}}}};
  json::array related;
  for (const std::string& check : line.commitment->checks)
    if (const auto result = input.snapshot.results.find(check); result != input.snapshot.results.end())
      related.push_back(json::object{{"observation-uuid", observation_id(input, result->second)}});
  put(made, "related-observations", std::move(related));
  return made;
}

json::object reviewed(const OscalInput& input) {
  json::array controls;
  for (const TrustSnapshot::Line& line : input.snapshot.lines)
    if (is_control(line)) controls.push_back(json::object{{"control-id", line.commitment->id}});
  json::object selection;
  if (controls.empty()) selection["include-all"] = json::object{};
  put(selection, "include-controls", std::move(controls));
  return {{"control-selections", json::array{std::move(selection)}}};
}

json::object results(const OscalInput& input) {
  json::array findings;
  for (const TrustSnapshot::Line& line : input.snapshot.lines)
    if (is_control(line)) findings.push_back(finding(input, line));
  json::array observations;
  Timestamp start = input.snapshot.time;
  for (const auto& [id, result] : input.snapshot.results) {
    observations.push_back(observation(input, result));
    start = std::min(start, result.time);
  }
  json::object result{{"uuid", uuid_of(input, "result", to_rfc3339(input.snapshot.time))},
                      {"title", "State of the promises"},
                      {"description", "The latest result of each check, and what becomes of each promise by it."},
                      {"start", to_rfc3339(start)},
                      {"end", to_rfc3339(input.snapshot.time)},
                      {"reviewed-controls", reviewed(input)}};
  put(result, "observations", std::move(observations));
  put(result, "findings", std::move(findings));
  json::object made = document(input, "assessment-results", "Results of the Trust Center");
  made["import-ap"] =
      json::object{{"href", reference(input, "component-definition")},
                   {"remarks", "There is no plan beside the checks: the clock carries out those that are there."}};
  made["results"] = json::array{std::move(result)};
  made["back-matter"] = resource(input, "component-definition", "Checks of the Trust Center, of the same service");
  return {{"assessment-results", std::move(made)}};
}

/// What is neither kept nor a statement. When nothing is open the list would be empty, which the schema does not take:
/// then one item says so.
json::object plan_of_action(const OscalInput& input) {
  json::array items;
  for (const TrustSnapshot::Line& line : input.snapshot.lines) {
    if (!is_control(line) || line.assessment.state == TrustState::Kept) continue;
    items.push_back(json::object{
        {"uuid", uuid_of(input, "item", line.commitment->id)},
        {"title", line.commitment->id + ": " + std::string(name(line.assessment.state))},
        {"description", line.commitment->en},
        {"props", json::array{property("control", line.commitment->id), property("state", name(line.assessment.state)),
                              property("reason", line.assessment.reason), property("owner", line.commitment->owner)}}});
  }
  if (items.empty())
    items.push_back(json::object{{"uuid", uuid_of(input, "item", "none")},
                                 {"title", "Nothing is open"},
                                 {"description", "Every promise is kept."}});
  json::object made = document(input, "poam", "Promises that are not kept");
  made["system-id"] = json::object{{"identifier-type", kNamespace}, {"id", input.origin}};
  made["poam-items"] = std::move(items);
  return {{"plan-of-action-and-milestones", std::move(made)}};
}

struct Document {
  std::string_view name;
  json::object (*make)(const OscalInput& input);
};
constexpr auto kDocuments = std::to_array<Document>({{"catalog", &catalog},
                                                     {"component-definition", &components},
                                                     {"assessment-results", &results},
                                                     {"poam", &plan_of_action}});

}  // namespace

Result<json::object> oscal_document(std::string_view name, const OscalInput& input) {
  const auto found = std::ranges::find(kDocuments, name, &Document::name);
  if (found == kDocuments.end()) return fail(ErrorCode::NotFound, "there is no such OSCAL document");
  return found->make(input);
}

}  // namespace warder::manager
