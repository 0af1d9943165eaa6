#include "manager/api/routes_subjects.h"

#include "base/json.h"
#include "manager/api/fleet_json.h"
#include "manager/api/list_page.h"
#include "manager/api/request_body.h"

namespace warder::manager {
namespace {

json::value time_or_null(const std::optional<Timestamp>& time) {
  return time ? json::value(to_rfc3339(*time)) : json::value();
}

json::object to_json(const SubjectRequest& request, Timestamp now) {
  json::array values;
  for (const std::string& value : request.draft.values) values.emplace_back(value);
  json::array notes;
  for (const SubjectNote& note : request.notes)
    notes.push_back(json::object{{"time", to_rfc3339(note.time)}, {"by", note.by}, {"text", note.text}});
  return {{"id", request.id.text()},
          {"right", name(request.draft.right)},
          {"person", request.draft.person},
          {"values", std::move(values)},
          {"state", name(state_of(request.times, now))},
          {"received", to_rfc3339(request.times.received)},
          {"due", to_rfc3339(due_of(request.times))},
          {"identity_checked", time_or_null(request.times.identity_checked)},
          {"extended", time_or_null(request.times.extended)},
          {"closed", time_or_null(request.times.closed)},
          {"notes", std::move(notes)}};
}

ApiResponse answer(const SubjectRequests& requests, const SubjectRequest& request, int status) {
  ApiResponse response;
  response.status = status;
  response.body = to_json(request, requests.now());
  return response;
}

Result<ApiResponse> open(SubjectRequests& requests, const ApiRequest& request) {
  const json::object& body = request.body.as_object();
  SubjectDraft draft;
  draft.right = WD_TRY(parse_subject_right(text_in(body, "right")).in("/right"));
  draft.person = text_in(body, "person");
  for (const json::value& value : body.at("values").as_array()) draft.values.emplace_back(value.as_string());
  if (const std::string received = text_in(body, "received"); !received.empty())
    draft.received = WD_TRY(parse_rfc3339(received).in("/received"));
  return answer(requests, WD_TRY(requests.open(request.tenant_scope(), draft)), 201);
}

Result<ApiResponse> step(SubjectRequests& requests, const ApiRequest& request) {
  const json::object& body = request.body.as_object();
  const SubjectStep step = WD_TRY(parse_subject_step(text_in(body, "step")).in("/step"));
  const auto id = WD_TRY(path_id<SubjectRequestId>(request));
  return answer(requests, WD_TRY(requests.step(request.tenant_scope(), id, step, text_in(body, "note"))), 200);
}

Result<ApiResponse> erase(SubjectRequests& requests, const ApiRequest& request) {
  const auto id = WD_TRY(path_id<SubjectRequestId>(request));
  const PersonErasure erasure = WD_TRY(requests.erase(request.tenant_scope(), id));
  ApiResponse response;
  response.body =
      json::object{{"time", to_rfc3339(requests.now())}, {"events", erasure.events},        {"kept", erasure.kept},
                   {"accounts", erasure.accounts},       {"complete", erasure.is_complete}, {"sha256", erasure.sha256}};
  return response;
}

}  // namespace

void add_subject_routes(Routes& routes, SubjectRequests& requests) {
  routes.add("listSubjectRequests", [&requests](const ApiRequest& request) -> Result<ApiResponse> {
    return list_page(
        request, WD_TRY(requests.list(request.tenant_scope())), [](const auto& each) { return each.id.text(); },
        [&](const auto& each) { return to_json(each, requests.now()); });
  });
  routes.add("openSubjectRequest", [&requests](const ApiRequest& request) { return open(requests, request); });
  routes.add("getSubjectRequest", [&requests](const ApiRequest& request) -> Result<ApiResponse> {
    const auto id = WD_TRY(path_id<SubjectRequestId>(request));
    return answer(requests, WD_TRY(requests.find(request.tenant_scope(), id)), 200);
  });
  routes.add("stepSubjectRequest", [&requests](const ApiRequest& request) { return step(requests, request); });
  routes.add("exportSubjectData", [&requests](const ApiRequest& request) -> Result<ApiResponse> {
    ApiResponse response;
    response.body = WD_TRY(requests.data(request.tenant_scope(), WD_TRY(path_id<SubjectRequestId>(request))));
    return response;
  });
  routes.add("eraseSubjectData", [&requests](const ApiRequest& request) { return erase(requests, request); });
}

}  // namespace warder::manager
