#include "manager/api/routes_documents.h"

#include "base/json.h"
#include "manager/api/list_page.h"
#include "manager/api/request_body.h"
#include "manager/identity/principal.h"

namespace warder::manager {
namespace {

json::value time_or_null(const std::optional<Timestamp>& time) {
  return time ? json::value(to_rfc3339(*time)) : json::value();
}

json::object to_json(const DocumentRequest& request, Timestamp now) {
  return {{"id", request.id},
          {"number", request.number},
          {"state", name(request.state(now))},
          {"evidence", request.evidence},
          {"title", request.title},
          {"name", request.asker.name},
          {"mail", request.asker.mail},
          {"organisation", request.asker.organisation},
          {"reason", request.asker.reason},
          {"language", request.asker.language},
          {"asked", to_rfc3339(request.asked)},
          {"decided", time_or_null(request.decided)},
          {"decided_by", request.decided_by.empty() ? json::value() : json::value(request.decided_by)},
          {"expires", time_or_null(request.expires)},
          {"accepted", time_or_null(request.accepted)},
          {"terms", request.terms == 0 ? json::value() : json::value(request.terms)},
          {"downloads", request.downloads},
          {"downloads_allowed", request.downloads_allowed}};
}

json::object to_json(const DocumentTerms& terms) {
  return {{"version", terms.version},
          {"since", to_rfc3339(terms.since)},
          {"published_by", terms.by},
          {"text", json::object{{"en", terms.en}, {"ja", terms.ja}}}};
}

ApiResponse answer(json::object body, int status = 200) {
  ApiResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

/// Visitors are the operator's: they are nobody else's business.
Result<const TenantScope*> operator_scope(const DocumentRouteParts& parts, const ApiRequest& request) {
  const TenantScope& scope = request.tenant_scope();
  if (scope.tenant() != WD_TRY(parts.center.scope()).tenant() || !scope.is_whole())
    return scope.forbid("only operators of the first tenant look after the Trust Center");
  return &scope;
}

struct Deciding {
  const TenantScope* scope;
  DocumentDecider by;
};
Result<Deciding> deciding(const DocumentRouteParts& parts, const ApiRequest& request) {
  const TenantScope* scope = WD_TRY(operator_scope(parts, request));
  if (request.principal->api_key) return scope->forbid("a person gives documents, not a program");
  const auto person =
      parts.find_person ? parts.find_person(*scope, request.principal->user) : Result<NoticePerson>(NoticePerson{});
  return Deciding{scope, {request.principal->username, person ? person->email : std::string()}};
}

Result<ApiResponse> approve(const DocumentRouteParts& parts, const ApiRequest& request) {
  const Deciding who = WD_TRY(deciding(parts, request));
  const json::object& body = request.body.as_object();
  DocumentApproval approval;
  approval.days = get_int(body, "days").value_or(approval.days);
  approval.downloads = get_int(body, "downloads").value_or(approval.downloads);
  std::optional<NoticeChannelId> channel;
  if (body.contains("channel")) channel = WD_TRY(parse_id<NoticeChannelId>(text_in(body, "channel")).in("/channel"));
  const ApprovedRequest approved =
      WD_TRY(parts.requests.approve(*who.scope, request.path_parameter("id"), who.by, approval));
  const auto mailed = mail_document_link(parts.post, *who.scope, channel, approved.request, approved.token);
  json::object made{{"request", to_json(approved.request, parts.clock.now())},
                    {"channel", json::value()},
                    {"link", json::value()},
                    {"problem", json::value()}};
  if (mailed) {
    made["channel"] = *mailed;
  } else {
    // It is approved all the same: somebody hands the link over.
    made["link"] = document_link(parts.post, approved.token);
    made["problem"] = mailed.error().message;
  }
  return answer(std::move(made));
}

Result<ApiResponse> publish_terms(const DocumentRouteParts& parts, const ApiRequest& request) {
  const Deciding who = WD_TRY(deciding(parts, request));
  const json::object& body = request.body.as_object();
  DocumentTerms terms;
  terms.by = who.by.username;
  terms.en = text_in(body, "en");
  terms.ja = text_in(body, "ja");
  return answer(to_json(WD_TRY(parts.requests.publish_terms(*who.scope, terms))), 201);
}

}  // namespace

void add_document_routes(Routes& routes, const DocumentRouteParts& parts) {
  routes.add("listDocumentRequests", [parts](const ApiRequest& request) -> Result<ApiResponse> {
    const TenantScope* scope = WD_TRY(operator_scope(parts, request));
    const Timestamp now = parts.clock.now();
    return list_page(
        request, WD_TRY(parts.requests.list(*scope)), [](const DocumentRequest& each) { return each.id; },
        [&](const DocumentRequest& each) { return to_json(each, now); });
  });
  routes.add("getDocumentRequest", [parts](const ApiRequest& request) -> Result<ApiResponse> {
    const TenantScope* scope = WD_TRY(operator_scope(parts, request));
    return answer(to_json(WD_TRY(parts.requests.find(*scope, request.path_parameter("id"))), parts.clock.now()));
  });
  routes.add("approveDocumentRequest", [parts](const ApiRequest& request) { return approve(parts, request); });
  routes.add("refuseDocumentRequest", [parts](const ApiRequest& request) -> Result<ApiResponse> {
    const Deciding who = WD_TRY(deciding(parts, request));
    return answer(
        to_json(WD_TRY(parts.requests.refuse(*who.scope, request.path_parameter("id"), who.by)), parts.clock.now()));
  });
  routes.add("revokeDocumentRequest", [parts](const ApiRequest& request) -> Result<ApiResponse> {
    const Deciding who = WD_TRY(deciding(parts, request));
    return answer(
        to_json(WD_TRY(parts.requests.revoke(*who.scope, request.path_parameter("id"), who.by)), parts.clock.now()));
  });
  routes.add("listDocumentTerms", [parts](const ApiRequest& request) -> Result<ApiResponse> {
    const TenantScope* scope = WD_TRY(operator_scope(parts, request));
    return list_page(
        request, WD_TRY(parts.requests.terms(*scope)),
        [](const DocumentTerms& each) { return std::to_string(each.version); },
        [](const DocumentTerms& each) { return to_json(each); });
  });
  routes.add("publishDocumentTerms", [parts](const ApiRequest& request) { return publish_terms(parts, request); });
}

}  // namespace warder::manager
