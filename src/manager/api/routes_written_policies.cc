#include "manager/api/routes_written_policies.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/json.h"
#include "manager/api/list_page.h"
#include "manager/api/request_body.h"
#include "manager/api/routes_trust.h"
#include "manager/identity/principal.h"

namespace warder::manager {
namespace {

json::value time_or_null(const std::optional<Timestamp>& time) {
  return time ? json::value(to_rfc3339(*time)) : json::value();
}

std::string_view media_type(const WrittenVersion& version) {
  return version.is_text ? "text/plain; charset=utf-8" : "application/pdf";
}

json::object to_json(const WrittenVersion& version) {
  json::array roles;
  for (const std::string& role : version.roles) roles.emplace_back(role);
  return {{"number", version.number},
          {"title", version.title},
          {"owner", version.owner},
          {"deputy", version.deputy},
          {"roles", std::move(roles)},
          {"cadence_days", version.cadence.count()},
          {"grace_days", version.grace.count()},
          {"media_type", media_type(version)},
          {"sha256", version.sha256},
          {"filed", to_rfc3339(version.filed)},
          {"filed_by", version.filed_by},
          {"reviewer", version.reviewer.empty() ? json::value() : json::value(version.reviewer)},
          {"reviewed", time_or_null(version.reviewed)}};
}

std::string_view state_of(const WrittenPolicy& policy, const Headcount& count) {
  if (!policy.held) return "draft";
  if (count.people == 0) return "nobody";
  using enum AcknowledgementState;
  return name(count.overdue > 0 ? Overdue : count.due > 0 ? Due : Complete);
}

json::object to_json(const WrittenPolicy& policy, const Headcount& count) {
  return {{"id", policy.id},
          {"subject", policy.subject},
          {"state", state_of(policy, count)},
          {"newest", to_json(policy.newest)},
          {"in_force", policy.held ? json::value(to_json(*policy.held)) : json::value()},
          {"people", count.people},
          {"complete", count.complete},
          {"due", count.due},
          {"overdue", count.overdue},
          {"etag", etag_of(policy.version)}};
}

json::object to_json(const PolicyReader& reader) {
  return {{"user_id", reader.person.id},
          {"username", reader.person.username},
          {"state", name(reader.standing.state)},
          {"acknowledged", time_or_null(reader.acknowledged)},
          {"deadline", time_or_null(reader.standing.deadline)}};
}

/// What somebody must acknowledge, and how they stand.
struct OwnPolicy {
  WrittenPolicy policy;
  PolicyReader reader;
};

json::object to_json(const OwnPolicy& own) {
  const WrittenVersion& version = *own.policy.held;
  return {{"id", own.policy.id},
          {"title", version.title},
          {"owner", version.owner},
          {"version", version.number},
          {"media_type", media_type(version)},
          {"sha256", version.sha256},
          {"in_force", to_rfc3339(*version.reviewed)},
          {"state", name(own.reader.standing.state)},
          {"acknowledged", time_or_null(own.reader.acknowledged)},
          {"deadline", time_or_null(own.reader.standing.deadline)}};
}

Result<ApiResponse> answer(TrustCenter& center, const TenantScope& scope, const WrittenPolicy& policy, int status) {
  ApiResponse response;
  response.status = status;
  response.body = to_json(policy, count_readers(WD_TRY(center.policies().readers(scope, policy))));
  response.headers["etag"] = etag_of(policy.version);
  return response;
}

Result<ApiResponse> answer_document(TrustCenter& center, const TenantScope& scope, const WrittenVersion& version) {
  ApiResponse response;
  response.raw_body = WD_TRY(center.policies().document(scope, version));
  response.headers["content-type"] = "application/octet-stream";  // a browser is not to show it as a page of ours
  response.headers["content-disposition"] =
      version.is_text ? "attachment; filename=\"policy.txt\"" : "attachment; filename=\"policy.pdf\"";
  return response;
}

Result<WrittenDraft> draft_in(const json::object& body) {
  WrittenDraft draft;
  draft.title = text_in(body, "title");
  draft.owner = text_in(body, "owner");
  draft.deputy = text_in(body, "deputy");
  if (const json::value* const roles = find(body, "roles"))
    for (const json::value& role : roles->as_array()) draft.roles.emplace_back(std::string_view(role.as_string()));
  draft.cadence = std::chrono::days(get_int(body, "cadence_days").value_or(draft.cadence.count()));
  draft.grace = std::chrono::days(get_int(body, "grace_days").value_or(draft.grace.count()));
  draft.document = text_in(body, "text");
  const std::string pdf = text_in(body, "document");
  if (draft.document.empty() == pdf.empty())
    return fail(ErrorCode::Invalid, "/document: either this or /text is needed");
  if (pdf.empty()) return draft;
  draft.is_text = false;
  draft.document = as_text(WD_TRY(from_base64(pdf).in("/document")));
  return draft;
}

Result<ApiResponse> list_policies(TrustCenter& center, const ApiRequest& request) {
  const TenantScope* scope = WD_TRY(trust_operators(center, request));
  struct Counted {
    WrittenPolicy policy;
    Headcount count;
  };
  std::vector<Counted> all;
  for (WrittenPolicy& policy : WD_TRY(center.policies().list(*scope))) {
    const Headcount count = count_readers(WD_TRY(center.policies().readers(*scope, policy)));
    all.push_back({std::move(policy), count});
  }
  return list_page(
      request, all, [](const Counted& each) { return each.policy.id; },
      [](const Counted& each) { return to_json(each.policy, each.count); });
}

Result<ApiResponse> review(TrustCenter& center, const ApiRequest& request) {
  const TenantScope* scope = WD_TRY(trust_operators(center, request));
  if (request.principal->api_key) return scope->forbid("a person reviews a policy, not a program");
  const std::int64_t number = get_int(request.body.as_object(), "version").value_or(0);
  const WrittenPolicy policy =
      WD_TRY(center.policies().review(*scope, request.path_parameter("id"), number, request.principal->username));
  return answer(center, *scope, policy, 200);
}

Result<ApiResponse> list_readers(TrustCenter& center, const ApiRequest& request) {
  const TenantScope* scope = WD_TRY(trust_operators(center, request));
  const WrittenPolicy policy = WD_TRY(center.policies().find(*scope, request.path_parameter("id")));
  return list_page(
      request, WD_TRY(center.policies().readers(*scope, policy)),
      [](const PolicyReader& reader) { return reader.person.id; },
      [](const PolicyReader& reader) { return to_json(reader); });
}

/// Those of the one who asks; none for another tenant's people.
Result<std::vector<OwnPolicy>> own_policies(TrustCenter& center, const ApiRequest& request) {
  std::vector<OwnPolicy> own;
  const TenantScope& scope = request.tenant_scope();
  if (scope.tenant() != WD_TRY(center.scope()).tenant()) return own;
  for (WrittenPolicy& policy : WD_TRY(center.policies().list(scope))) {
    auto readers = WD_TRY(center.policies().readers(scope, policy));
    const auto reader = std::ranges::find(readers, request.principal->user.text(),
                                          [](const PolicyReader& each) { return each.person.id; });
    if (reader != readers.end()) own.push_back({std::move(policy), std::move(*reader)});
  }
  return own;
}

Result<OwnPolicy> own_policy(TrustCenter& center, const ApiRequest& request) {
  for (OwnPolicy& own : WD_TRY(own_policies(center, request)))
    if (own.policy.id == request.path_parameter("id")) return std::move(own);
  return fail(ErrorCode::NotFound, "no such policy");
}

Result<ApiResponse> acknowledge(TrustCenter& center, const ApiRequest& request) {
  const TenantScope& scope = request.tenant_scope();
  OwnPolicy own = WD_TRY(own_policy(center, request));
  if (request.principal->api_key) return scope.forbid("a person acknowledges a policy, not a program");
  const std::int64_t number = get_int(request.body.as_object(), "version").value_or(0);
  own.reader = WD_TRY(center.policies().acknowledge(scope, own.policy.id, number, own.reader.person));
  ApiResponse response;
  response.body = to_json(own);
  return response;
}

void add_own_policy_routes(Routes& routes, TrustCenter& center) {
  routes.add("listOwnPolicies", [&center](const ApiRequest& request) -> Result<ApiResponse> {
    return list_page(
        request, WD_TRY(own_policies(center, request)), [](const OwnPolicy& own) { return own.policy.id; },
        [](const OwnPolicy& own) { return to_json(own); });
  });
  routes.add("getOwnPolicyDocument", [&center](const ApiRequest& request) -> Result<ApiResponse> {
    return answer_document(center, request.tenant_scope(), *WD_TRY(own_policy(center, request)).policy.held);
  });
  routes.add("acknowledgePolicy", [&center](const ApiRequest& request) { return acknowledge(center, request); });
}

}  // namespace

void add_written_policy_routes(Routes& routes, TrustCenter& center) {
  routes.add("listWrittenPolicies", [&center](const ApiRequest& request) { return list_policies(center, request); });
  routes.add("fileWrittenPolicy", [&center](const ApiRequest& request) -> Result<ApiResponse> {
    const TenantScope* scope = WD_TRY(trust_operators(center, request));
    const json::object& body = request.body.as_object();
    const WrittenDraft draft = WD_TRY(draft_in(body));
    const std::string& by = request.principal->username;
    return answer(center, *scope, WD_TRY(center.policies().file(*scope, text_in(body, "subject"), draft, by)), 201);
  });
  routes.add("getWrittenPolicy", [&center](const ApiRequest& request) -> Result<ApiResponse> {
    const TenantScope* scope = WD_TRY(trust_operators(center, request));
    return answer(center, *scope, WD_TRY(center.policies().find(*scope, request.path_parameter("id"))), 200);
  });
  routes.add("removeWrittenPolicy", [&center](const ApiRequest& request) -> Result<ApiResponse> {
    const TenantScope* scope = WD_TRY(trust_operators(center, request));
    WD_TRY(center.policies().remove(*scope, request.path_parameter("id"), request.http.header("if-match")));
    ApiResponse response;
    response.status = 204;
    return response;
  });
  routes.add("fileWrittenPolicyVersion", [&center](const ApiRequest& request) -> Result<ApiResponse> {
    const TenantScope* scope = WD_TRY(trust_operators(center, request));
    const WrittenDraft draft = WD_TRY(draft_in(request.body.as_object()));
    const std::string& by = request.principal->username;
    const std::string& id = request.path_parameter("id");
    return answer(center, *scope, WD_TRY(center.policies().file_version(*scope, id, draft, by)), 201);
  });
  routes.add("reviewWrittenPolicy", [&center](const ApiRequest& request) { return review(center, request); });
  routes.add("listPolicyReaders", [&center](const ApiRequest& request) { return list_readers(center, request); });
  routes.add("getWrittenPolicyDocument", [&center](const ApiRequest& request) -> Result<ApiResponse> {
    const TenantScope* scope = WD_TRY(trust_operators(center, request));
    const WrittenPolicy policy = WD_TRY(center.policies().find(*scope, request.path_parameter("id")));
    return answer_document(center, *scope, policy.newest);
  });
  add_own_policy_routes(routes, center);
}

}  // namespace warder::manager
