#include "manager/api/routes_trust.h"

#include "base/bytes.h"
#include "base/json.h"
#include "manager/api/list_page.h"
#include "manager/api/request_body.h"
#include "manager/identity/principal.h"
#include "manager/trust/oscal.h"

namespace warder::manager {
namespace {

json::value time_or_null(const std::optional<Timestamp>& time) {
  return time ? json::value(to_rfc3339(*time)) : json::value();
}

json::array texts(const std::vector<std::string>& values) {
  json::array array;
  for (const std::string& value : values) array.emplace_back(value);
  return array;
}

json::object to_json(const TrustSnapshot::Line& line) {
  const Commitment& commitment = *line.commitment;
  return {{"id", commitment.id},
          {"section", commitment.section},
          {"kind", name(commitment.kind)},
          {"text", json::object{{"en", commitment.en}, {"ja", commitment.ja}}},
          {"state", name(line.assessment.state)},
          {"reason", line.assessment.reason},
          {"checked", time_or_null(line.assessment.checked)},
          {"holds_until", time_or_null(line.assessment.holds_until)},
          {"owner", commitment.owner},
          {"controls", texts(commitment.controls)},
          {"checks", texts(commitment.checks)}};
}

json::object to_json(const Check& check, const LatestResults& results) {
  json::object made{
      {"id", check.id}, {"doc", json::object{{"en", check.en}, {"ja", check.ja}}}, {"result", json::value()}};
  const auto found = results.find(check.id);
  if (found == results.end()) return made;
  const CheckResult& result = found->second;
  made["result"] = json::object{{"verdict", name(result.verdict)},
                                {"time", to_rfc3339(result.time)},
                                {"detail", result.detail},
                                {"good", result.ratio ? json::value(result.ratio->good) : json::value()},
                                {"all", result.ratio ? json::value(result.ratio->all) : json::value()},
                                {"entry", result.entry}};
  return made;
}

json::object to_json(const EvidenceRecord& record) {
  return {{"id", record.id},
          {"commitment", record.facts.commitment},
          {"title", record.title},
          {"standard", record.facts.standard},
          {"issued", to_rfc3339(record.facts.issued)},
          {"expires", to_rfc3339(record.facts.expires)},
          {"owner", record.facts.owner},
          {"deputy", record.deputy},
          {"reviewer", record.facts.reviewer.empty() ? json::value() : json::value(record.facts.reviewer)},
          {"reviewed", time_or_null(record.facts.reviewed)},
          {"filed", to_rfc3339(record.filed)},
          {"filed_by", record.filed_by},
          {"public", record.is_public},
          {"on_request", record.is_on_request},
          {"sha256", record.sha256.empty() ? json::value() : json::value(record.sha256)},
          {"etag", etag_of(record.version)}};
}

Result<ApiResponse> list_commitments(TrustCenter& center, const ApiRequest& request) {
  WD_TRY(trust_operators(center, request));
  const TrustSnapshot snapshot = WD_TRY(center.snapshot());
  return list_page(
      request, snapshot.lines, [](const auto& line) { return line.commitment->id; },
      [](const auto& line) { return to_json(line); });
}

Result<ApiResponse> list_checks(TrustCenter& center, const ApiRequest& request) {
  const TenantScope* scope = WD_TRY(trust_operators(center, request));
  const LatestResults results = WD_TRY(center.store().latest(*scope));
  return list_page(
      request, center.checks(), [](const Check& check) { return check.id; },
      [&](const Check& check) { return to_json(check, results); });
}

Result<ApiResponse> done(int status) {
  ApiResponse response;
  response.status = status;
  return response;
}

Result<ApiResponse> list_evidence(TrustCenter& center, const ApiRequest& request) {
  const TenantScope* scope = WD_TRY(trust_operators(center, request));
  return list_page(
      request, WD_TRY(center.evidence().list(*scope)), [](const EvidenceRecord& record) { return record.id; },
      [](const EvidenceRecord& record) { return to_json(record); });
}

Result<ApiResponse> answer(const EvidenceRecord& record, int status) {
  ApiResponse response;
  response.status = status;
  response.body = to_json(record);
  response.headers["etag"] = etag_of(record.version);
  return response;
}

Result<ApiResponse> file_evidence(TrustCenter& center, const ApiRequest& request) {
  const TenantScope* scope = WD_TRY(trust_operators(center, request));
  const json::object& body = request.body.as_object();
  EvidenceDraft draft;
  draft.commitment = text_in(body, "commitment");
  draft.title = text_in(body, "title");
  draft.standard = text_in(body, "standard");
  draft.issued = WD_TRY(parse_rfc3339(text_in(body, "issued")).in("/issued"));
  draft.expires = WD_TRY(parse_rfc3339(text_in(body, "expires")).in("/expires"));
  draft.owner = text_in(body, "owner");
  draft.deputy = text_in(body, "deputy");
  const Bytes attachment = WD_TRY(from_base64(text_in(body, "attachment")).in("/attachment"));
  draft.attachment = as_text(attachment);
  draft.is_public = get_bool(body, "public").value_or(false);
  draft.is_on_request = get_bool(body, "on_request").value_or(false);
  return answer(WD_TRY(center.evidence().file(*scope, draft, request.principal->username)), 201);
}

Result<ApiResponse> get_oscal(TrustCenter& center, const ApiRequest& request) {
  const TenantScope* scope = WD_TRY(trust_operators(center, request));
  const TrustSnapshot snapshot = WD_TRY(center.snapshot());
  ApiResponse response;
  response.body = WD_TRY(oscal_document(request.path_parameter("document"),
                                        {snapshot, center.checks(), audit_origin(scope->tenant()), WARDER_VERSION}));
  return response;
}

Result<ApiResponse> get_attachment(TrustCenter& center, const ApiRequest& request) {
  const TenantScope* scope = WD_TRY(trust_operators(center, request));
  ApiResponse response;
  response.raw_body = WD_TRY(center.evidence().attachment(*scope, request.path_parameter("id")));
  response.headers["content-type"] = "application/octet-stream";
  response.headers["content-disposition"] = "attachment";
  return response;
}

}  // namespace

Result<const TenantScope*> trust_operators(const TrustCenter& center, const ApiRequest& request) {
  const TenantScope& scope = request.tenant_scope();
  if (scope.tenant() != WD_TRY(center.scope()).tenant() || !scope.is_whole())
    return scope.forbid("only operators of the first tenant look after the Trust Center");
  return &scope;
}

void add_trust_routes(Routes& routes, TrustCenter& center) {
  routes.add("listCommitments", [&center](const ApiRequest& request) { return list_commitments(center, request); });
  routes.add("listTrustChecks", [&center](const ApiRequest& request) { return list_checks(center, request); });
  routes.add("runTrustChecks", [&center](const ApiRequest& request) -> Result<ApiResponse> {
    WD_TRY(trust_operators(center, request));
    center.run_soon();
    return done(202);
  });
  routes.add("getOscal", [&center](const ApiRequest& request) { return get_oscal(center, request); });
  routes.add("listEvidence", [&center](const ApiRequest& request) { return list_evidence(center, request); });
  routes.add("fileEvidence", [&center](const ApiRequest& request) { return file_evidence(center, request); });
  routes.add("getEvidence", [&center](const ApiRequest& request) -> Result<ApiResponse> {
    const TenantScope* scope = WD_TRY(trust_operators(center, request));
    return answer(WD_TRY(center.evidence().find(*scope, request.path_parameter("id"))), 200);
  });
  routes.add("reviewEvidence", [&center](const ApiRequest& request) -> Result<ApiResponse> {
    const TenantScope* scope = WD_TRY(trust_operators(center, request));
    if (request.principal->api_key) return scope->forbid("a person reviews evidence, not a program");
    const std::string& id = request.path_parameter("id");
    return answer(WD_TRY(center.evidence().review(*scope, id, request.principal->username)), 200);
  });
  routes.add("deleteEvidence", [&center](const ApiRequest& request) -> Result<ApiResponse> {
    const TenantScope* scope = WD_TRY(trust_operators(center, request));
    WD_TRY(center.evidence().remove(*scope, request.path_parameter("id"), request.http.header("if-match")));
    return done(204);
  });
  routes.add("getEvidenceAttachment", [&center](const ApiRequest& request) { return get_attachment(center, request); });
}

void add_assurance_routes(Routes& routes, const TenantTrustParts& parts) {
  routes.add("getAssurance", [parts](const ApiRequest& request) -> Result<ApiResponse> {
    ApiResponse response;
    response.body = WD_TRY(tenant_trust(parts, request.tenant_scope()));
    return response;
  });
  routes.add("getMeasures", [parts](const ApiRequest& request) -> Result<ApiResponse> {
    ApiResponse response;
    response.body = WD_TRY(tenant_measures(parts, request.tenant_scope()));
    return response;
  });
}

}  // namespace warder::manager
