#include "manager/api/routes_duties.h"

#include <chrono>

#include "base/json.h"
#include "manager/api/list_page.h"
#include "manager/api/request_body.h"
#include "manager/api/routes_trust.h"

namespace warder::manager {
namespace {

json::object to_json(const Duty& duty) {
  const Commitment& commitment = *duty.commitment;
  const auto& due = duty.standing.due;
  return {{"commitment", commitment.id},
          {"text", json::object{{"en", commitment.en}, {"ja", commitment.ja}}},
          {"state", name(duty.standing.state)},
          {"due", due ? json::value(to_rfc3339(*due)) : json::value()},
          {"to_review", duty.standing.is_to_review},
          {"owner", duty.terms.owner},
          {"deputy", duty.terms.deputy},
          {"reviewer", duty.terms.reviewer},
          {"cadence_days", std::int64_t{cadence_of(commitment, duty.terms).count()}},
          {"longest_days", std::int64_t{commitment.evidence_life->count()}},
          {"assigned", duty.terms.assigned ? json::value(to_rfc3339(*duty.terms.assigned)) : json::value()},
          {"evidence", duty.newest.empty() ? json::value() : json::value(duty.newest)},
          {"etag", etag_of(duty.version)}};
}

ApiResponse answer(const Duty& duty) {
  ApiResponse response;
  response.body = to_json(duty);
  response.headers["etag"] = etag_of(duty.version);
  return response;
}

Result<ApiResponse> assign(TrustCenter& center, const ApiRequest& request) {
  const TenantScope* scope = WD_TRY(trust_operators(center, request));
  const json::object& body = request.body.as_object();
  const DutyDraft draft{text_in(body, "owner"), text_in(body, "deputy"), text_in(body, "reviewer"),
                        std::chrono::days(get_int(body, "cadence_days").value_or(0))};
  const std::string& id = request.path_parameter("commitment");
  return answer(WD_TRY(center.duties().assign(*scope, id, draft, request.http.header("if-match"))));
}

}  // namespace

void add_duty_routes(Routes& routes, TrustCenter& center) {
  routes.add("listDuties", [&center](const ApiRequest& request) -> Result<ApiResponse> {
    const TenantScope* scope = WD_TRY(trust_operators(center, request));
    return list_page(
        request, WD_TRY(center.duties().list(*scope)), [](const Duty& duty) { return duty.commitment->id; },
        [](const Duty& duty) { return to_json(duty); });
  });
  routes.add("getDuty", [&center](const ApiRequest& request) -> Result<ApiResponse> {
    const TenantScope* scope = WD_TRY(trust_operators(center, request));
    return answer(WD_TRY(center.duties().find(*scope, request.path_parameter("commitment"))));
  });
  routes.add("assignDuty", [&center](const ApiRequest& request) { return assign(center, request); });
}

}  // namespace warder::manager
