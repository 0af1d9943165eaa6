#include "manager/api/routes_review.h"

#include "base/json.h"
#include "manager/api/list_page.h"
#include "manager/api/request_body.h"

namespace warder::manager {
namespace {

json::value time_or_null(const std::optional<Timestamp>& time) {
  return time ? json::value(to_rfc3339(*time)) : json::value();
}

json::object to_json(const ReviewDay& day) {
  const auto count = [&day](TriageResult result) {
    const auto found = day.results.find(result);
    return found == day.results.end() ? std::int64_t{0} : found->second;
  };
  return {{"day", to_text(day.day)},
          {"time_zone", day.zone},
          {"from", to_rfc3339(day.from)},
          {"to", to_rfc3339(day.to)},
          {"deadline", to_rfc3339(day.deadline)},
          {"triaged", time_or_null(day.triaged)},
          {"state", name(day.standing.state)},
          {"systems", day.systems},
          {"quiet", count(TriageResult::Quiet)},
          {"look", count(TriageResult::Look)},
          {"gap", count(TriageResult::Gap)},
          {"covered", day.standing.covered_systems},
          {"events", day.events},
          {"late_events", day.standing.late_events},
          {"completed", time_or_null(day.standing.completed)}};
}

json::object to_json(const SystemReview& system) {
  json::object summary = to_json(system.summary);
  return {{"system", system.system},
          {"name", system.name},
          {"result", system.result ? json::value(name(*system.result)) : json::value()},
          {"findings", system.findings},
          {"events", system.summary.events},
          {"modules", std::move(summary["modules"])},
          {"failed_logins", system.summary.failed_logins},
          {"unexplained_changes", system.summary.unexplained_changes},
          {"lost", system.summary.lost},
          {"silent_hours", system.summary.silent_hours},
          {"covered_events", system.covered_events ? json::value(*system.covered_events) : json::value()},
          {"judgement", system.judgement}};
}

json::object to_json(const SignOff& sign_off) {
  return {{"id", sign_off.id},
          {"by", sign_off.by},
          {"at", to_rfc3339(sign_off.at)},
          {"note", sign_off.note},
          {"whole_day", sign_off.is_whole_day},
          {"late", sign_off.is_late},
          {"systems", sign_off.systems}};
}

json::object to_json(const ReviewSettings& settings) {
  return {{"time_zone", settings.time_zone}, {"deadline_hours", settings.deadline_hours}};
}

template <class Item>
ApiResponse page_of(const Page<Item>& page) {
  json::array items;
  for (const Item& item : page.items) items.push_back(to_json(item));
  ApiResponse response;
  response.body = json::object{{"items", std::move(items)},
                               {"next_cursor", page.next_cursor ? json::value(*page.next_cursor) : json::value()}};
  return response;
}

PageRequest page_in(const ApiRequest& request) {
  return {static_cast<std::size_t>(request.query_int("limit")), request.query("cursor").value_or("")};
}

/// NotFound for a text that is no day: there is none of that name.
Result<Day> day_in(const ApiRequest& request) {
  const auto day = parse_day(request.path_parameter("day"));
  if (!day) return fail(ErrorCode::NotFound, "this day is not reviewed");
  return *day;
}

ApiResponse answer(json::object body, int status = 200) {
  ApiResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

Result<ApiResponse> systems(Reviews& reviews, const ApiRequest& request) {
  std::optional<TriageResult> result;
  if (const auto named = request.query("result")) result = WD_TRY(parse_triage_result(*named));
  return page_of(WD_TRY(reviews.systems(request.tenant_scope(), WD_TRY(day_in(request)), result, page_in(request))));
}

Result<ApiResponse> sign_offs(Reviews& reviews, const ApiRequest& request) {
  const auto all = WD_TRY(reviews.sign_offs(request.tenant_scope(), WD_TRY(day_in(request))));
  return list_page(
      request, all, [](const SignOff& item) { return item.id; }, [](const SignOff& item) { return to_json(item); });
}

Result<ApiResponse> sign(Reviews& reviews, const ApiRequest& request) {
  const json::object& body = request.body.as_object();
  SignOffDraft draft;
  if (const json::value* whole = find(body, "whole_day")) draft.is_whole_day = whole->as_bool();
  draft.note = text_in(body, "note");
  if (const json::value* systems = find(body, "systems")) {
    for (const json::value& each : systems->as_array()) {
      const json::object& system = each.as_object();
      draft.systems.push_back(
          {text_in(system, "system"), WD_TRY(parse_judgement(text_in(system, "judgement"))), text_in(system, "note")});
    }
  }
  return answer(to_json(WD_TRY(reviews.sign(request.tenant_scope(), WD_TRY(day_in(request)), draft))), 201);
}

}  // namespace

void add_review_routes(Routes& routes, Reviews& reviews) {
  routes.add("listReviews", [&reviews](const ApiRequest& request) -> Result<ApiResponse> {
    return page_of(WD_TRY(reviews.list(request.tenant_scope(), page_in(request))));
  });
  routes.add("getReview", [&reviews](const ApiRequest& request) -> Result<ApiResponse> {
    return answer(to_json(WD_TRY(reviews.find(request.tenant_scope(), WD_TRY(day_in(request))))));
  });
  routes.add("listReviewSystems", [&reviews](const ApiRequest& request) { return systems(reviews, request); });
  routes.add("listReviewSignOffs", [&reviews](const ApiRequest& request) { return sign_offs(reviews, request); });
  routes.add("signReview", [&reviews](const ApiRequest& request) { return sign(reviews, request); });
  routes.add("getReviewSettings", [&reviews](const ApiRequest& request) -> Result<ApiResponse> {
    return answer(to_json(WD_TRY(reviews.settings(request.tenant_scope()))));
  });
  routes.add("changeReviewSettings", [&reviews](const ApiRequest& request) -> Result<ApiResponse> {
    const json::object& body = request.body.as_object();
    const ReviewSettings settings{text_in(body, "time_zone"), WD_TRY(get_int(body, "deadline_hours"))};
    return answer(to_json(WD_TRY(reviews.change_settings(request.tenant_scope(), settings))));
  });
}

}  // namespace warder::manager
