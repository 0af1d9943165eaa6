#include "manager/gateway/enrol_endpoint.h"

#include "base/json.h"
#include "manager/gateway/reports.h"
#include "manager/tenancy/scope_maker.h"
#include "protocol/token.h"

namespace warder::manager {
namespace {

constexpr std::size_t kMaxBodyBytes = 32 << 10;
constexpr std::size_t kMaxHostname = 255;
constexpr double kFailuresPerSecond = 0.2;
constexpr double kFailuresBurst = 20;
constexpr std::size_t kMaxPeers = 10'000;

Result<EnrolRequest> read_request(const HttpRequest& request) {
  const json::value body = WD_TRY(parse_json(request.body, kMaxBodyBytes, 4));
  if (!body.is_object()) return fail(ErrorCode::Invalid, "not an object");
  const json::object& object = body.as_object();
  EnrolRequest result;
  result.token = WD_TRY(get_string(object, "token"));
  result.csr_der = WD_TRY(from_base64(WD_TRY(get_string(object, "csr"))).in("/csr"));
  result.hostname = clean_text(WD_TRY(get_string(object, "hostname")), kMaxHostname);
  if (result.hostname.empty()) return fail(ErrorCode::Invalid, "/hostname: empty");
  return result;
}

HttpResponse answer(const Enrolled& enrolled, const std::vector<pack::TrustedKey>& content_keys) {
  json::array keys;
  for (const pack::TrustedKey& key : content_keys) keys.emplace_back(to_base64url(key.key));
  HttpResponse response;
  response.headers = {{"content-type", "application/json"}, {"cache-control", "no-store"}};
  response.body = canonical_json(json::object{{"agent_id", enrolled.agent.text()},
                                              {"certificate_pem", enrolled.certificate_pem},
                                              {"ca_pem", enrolled.ca_pem},
                                              {"maintenance_key", to_base64url(enrolled.maintenance_key)},
                                              {"content_keys", std::move(keys)}});
  return response;
}

int status_of(ErrorCode code) {
  if (code == ErrorCode::Unauthenticated) return 401;
  if (code == ErrorCode::TooMany) return 429;
  if (code == ErrorCode::TooLarge) return 413;
  if (code == ErrorCode::Invalid || code == ErrorCode::Corrupt) return 400;
  return 503;
}

}  // namespace

HttpResponse problem_response(int status, const Error& error) {
  HttpResponse response;
  response.status = status;
  response.headers = {{"content-type", "application/problem+json"}, {"cache-control", "no-store"}};
  if (status == 429 || status == 503) response.headers["retry-after"] = "5";
  response.body = canonical_json(json::object{{"type", "about:blank"},
                                              {"title", name(error.code)},
                                              {"status", status},
                                              {"code", name(error.code)},
                                              {"detail", error.message}});
  return response;
}

EnrolEndpoint::EnrolEndpoint(GatewayCore& core)
    : core_(core),
      all_(core.options.enrolments_per_second, core.options.enrolments_burst, core.parts.clock.steady_now()) {}

HttpResponse EnrolEndpoint::respond(const HttpRequest& request) {
  const auto enrolled = enrol(request);
  if (enrolled) return answer(enrolled->agent, enrolled->content_keys);
  core_.metrics.refused.add();
  if (enrolled.error().code != ErrorCode::TooMany) note_failure(request.peer);
  const int status = status_of(enrolled.error().code);
  core_.parts.log.warning("gateway.enrolment.refused", enrolled.error().message, {{"peer", request.peer.text()}});
  // What went wrong inside is for the log only.
  if (status == 503) return problem_response(503, {ErrorCode::Unavailable, "try again later"});
  return problem_response(status, enrolled.error());
}

Result<EnrolEndpoint::Outcome> EnrolEndpoint::enrol(const HttpRequest& request) {
  if (!may_try(request.peer)) return fail(ErrorCode::TooMany, "too many wrong enrolments from this address");
  const EnrolRequest wanted = WD_TRY(read_request(request));
  const auto claims = protocol::parse_enrol_token(wanted.token);
  if (!claims) return fail(ErrorCode::Unauthenticated, claims.error().message);
  if (!all_.take(core_.parts.clock.steady_now())) return fail(ErrorCode::TooMany, "too many enrolments");
  const auto scope = ScopeMaker{core_.parts.tenants}.make(claims->tenant, "enrol-token:" + claims->id.text());
  if (!scope) return fail(ErrorCode::Unauthenticated, "the enrolment token is not of this manager");
  auto keys = WD_TRY(core_.parts.content.trusted_keys(*scope));
  return Outcome{WD_TRY(core_.parts.enrolment.enrol(*scope, wanted)), std::move(keys)};
}

bool EnrolEndpoint::may_try(const IpAddress& peer) {
  const std::scoped_lock lock(mutex_);
  const auto found = peers_.find(peer);
  return found == peers_.end() ? peers_.size() < kMaxPeers : found->second.has(1, core_.parts.clock.steady_now());
}

void EnrolEndpoint::note_failure(const IpAddress& peer) {
  const auto now = core_.parts.clock.steady_now();
  const std::scoped_lock lock(mutex_);
  if (peers_.size() >= kMaxPeers)
    std::erase_if(peers_, [&](const auto& entry) { return entry.second.has(kFailuresBurst, now); });
  peers_.try_emplace(peer, kFailuresPerSecond, kFailuresBurst, now).first->second.take(1, now);
}

}  // namespace warder::manager
