// What has changed on a host since its baseline.
#include "manager/api/routes_changes.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "manager/api/fleet_json.h"
#include "manager/api/list_page.h"
#include "manager/events/host_changes.h"

namespace warder::manager {
namespace {

using integrity::NetAttribute;
using integrity::NetChange;
using integrity::NetReport;

constexpr std::size_t kMostReports = 50;  // of one object
constexpr std::size_t kMostReasons = 10;
constexpr std::string_view kModule = "integrity";

json::value text_of(const std::optional<std::string>& text) {
  return text ? json::value(*text) : json::value(nullptr);
}

json::array reports_of(const NetChange& change) {
  json::array out;
  for (const NetReport& report : change.reports) {
    if (out.size() == kMostReports) break;
    out.push_back(json::object{{"id", report.id.text()},
                               {"time", to_rfc3339(report.time)},
                               {"severity", name(report.severity)},
                               {"explained_by", text_or_null(report.explained_by)}});
  }
  return out;
}

json::array reasons_of(const NetChange& change) {
  std::set<std::string_view> reasons;
  for (const NetReport& report : change.reports)
    if (!report.explained_by.empty() && reasons.size() < kMostReasons) reasons.insert(report.explained_by);
  json::array out;
  for (const std::string_view reason : reasons) out.emplace_back(reason);
  return out;
}

json::object change_to_json(const NetChange& change) {
  json::array attributes;
  for (const auto& [word, value] : change.differences())
    attributes.push_back(json::object{{"name", word}, {"was", text_of(value.was)}, {"is", text_of(value.is)}});
  return {{"kind", change.kind},
          {"key", change.key},
          {"change", name(change.net())},
          {"moved_from", text_or_null(change.is_there ? change.moved_from : "")},
          {"moved_to", text_or_null(change.is_there ? "" : change.moved_to)},
          {"attributes", std::move(attributes)},
          {"severity", name(change.severity())},
          {"first", to_rfc3339(change.reports.back().time)},
          {"last", to_rfc3339(change.reports.front().time)},
          {"events", change.reports.size()},
          {"newest_events", reports_of(change)},
          {"approved", change.is_explained()},
          {"explained_by", reasons_of(change)}};
}

/// Two objects may have their newest event in common: both names of one file that was moved.
std::string id_of(const NetChange& change) {
  return change.reports.front().id.text() + (change.moved_to.empty() ? "" : "-");
}

bool has_text(std::string_view text, std::string_view wanted) {
  const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  return !std::ranges::search(text, wanted, {}, lower, lower).empty();
}

struct ChangesFilter {
  std::string text;
  std::string kind;
  std::string change;
  std::optional<bool> is_approved;

  [[nodiscard]] bool holds(const NetChange& each) const {
    if (!kind.empty() && each.kind != kind) return false;
    if (!change.empty() && name(each.net()) != change) return false;
    if (is_approved && each.is_explained() != *is_approved) return false;
    return text.empty() || has_text(each.key, text) || has_text(each.moved_from, text) || has_text(each.moved_to, text);
  }
};

ChangesFilter read_filter(const ApiRequest& request) {
  ChangesFilter filter;
  filter.text = request.query("q").value_or("");
  filter.kind = request.query("kind").value_or("");
  filter.change = request.query("change").value_or("");
  if (const auto approved = request.query("approved")) filter.is_approved = *approved == "true";
  return filter;
}

/// What the host's present state says of the list.
void add_present_gaps(HostChanges& found, const Agent& agent) {
  const auto module = std::ranges::find(agent.modules, kModule, &AgentModule::module);
  if (agent.state != AgentState::Online) {
    found.gaps.push_back(ChangesGap::Offline);
  } else if (module == agent.modules.end() || module->state == "off") {
    found.gaps.push_back(ChangesGap::NotWatching);
  }
}

Result<ApiResponse> list_changes(const ApiRequest& request, Agents& agents, EventStore& events) {
  const TenantScope& scope = request.tenant_scope();
  const auto id = WD_TRY(path_id<AgentId>(request));
  const Agent agent = WD_TRY(agents.find(scope, id));
  std::optional<Timestamp> from;
  if (const auto text = request.query("from")) from = WD_TRY(parse_rfc3339(*text).in("from"));
  HostChanges found = WD_TRY(read_host_changes(events, scope, id, from));
  add_present_gaps(found, agent);
  const std::size_t all = found.changes.size();
  const ChangesFilter filter = read_filter(request);
  std::erase_if(found.changes, [&](const NetChange& change) { return !filter.holds(change); });
  ApiResponse response = WD_TRY(list_page(request, found.changes, id_of, change_to_json));
  json::object& body = response.body.as_object();
  json::array gaps;
  for (const ChangesGap gap : found.gaps) gaps.emplace_back(name(gap));
  body["since"] = to_json(found.since);
  body["start"] = name(found.start);
  body["baseline"] = to_json(found.baseline);
  body["extended"] = to_json(found.extended);
  body["last_seen"] = to_json(agent.last_seen);
  body["gaps"] = std::move(gaps);
  body["events"] = found.events;
  body["changes"] = all;
  body["matching"] = found.changes.size();
  return response;
}

}  // namespace

void add_change_routes(Routes& routes, Agents& agents, EventStore& events) {
  routes.add("listAgentChanges",
             [&agents, &events](const ApiRequest& request) { return list_changes(request, agents, events); });
}

}  // namespace warder::manager
