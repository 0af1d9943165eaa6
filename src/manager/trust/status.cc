#include "manager/trust/status.h"

#include "base/json.h"
#include "formats/trust_status.h"

namespace warder::manager {
namespace {

constexpr std::chrono::seconds kAtMostEvery{5};

json::value time_or_null(const std::optional<Timestamp>& time) {
  return time ? json::value(to_rfc3339(*time)) : json::value();
}

json::object to_json(const TrustSnapshot::Line& line) {
  const Commitment& commitment = *line.commitment;
  json::array checks;
  for (const std::string& check : commitment.checks) checks.emplace_back(check);
  return {{"id", commitment.id},
          {"section", commitment.section},
          {"kind", name(commitment.kind)},
          {"text", json::object{{"en", commitment.en}, {"ja", commitment.ja}}},
          {"state", name(line.assessment.state)},
          {"reason", line.assessment.reason},
          {"checked", time_or_null(line.assessment.checked)},
          {"holds_until", time_or_null(line.assessment.holds_until)},
          {"fresh_s", commitment.fresh.count()},
          {"checks", std::move(checks)}};
}

constexpr std::size_t kWitnesses = 5;  // enough to be told apart from one that lies, and no census of hosts

struct Log {
  AuditCheckpoint checkpoint;
  crypto::NoteKey key;
};

json::array to_json(const std::vector<crypto::Digest>& digests) {
  json::array made;
  for (const crypto::Digest& digest : digests) made.emplace_back(to_base64(digest));
  return made;
}

/// With who has seen it last. A witness of more entries than there are, or of others, is for agents to tell: it has no
/// proof here, and is left out.
Result<json::object> to_json(AuditLog& audit, const TenantScope& scope, const Log& log) {
  json::array witnesses;
  for (const AuditWitness& witness : WD_TRY(audit.last_witnesses(scope, kWitnesses))) {
    if (witness.entries > log.checkpoint.entries) continue;
    witnesses.emplace_back(json::object{
        {"key", witness.key.text()},
        {"note", witness.note},
        {"proof", to_json(WD_TRY(audit.prove_consistency(scope, witness.entries, log.checkpoint.entries)))}});
  }
  return json::object{
      {"key", log.key.text()}, {"checkpoint", log.checkpoint.note}, {"witnesses", std::move(witnesses)}};
}

/// The result, and where in the log it is.
Result<json::object> to_json(AuditLog& audit, const TenantScope& scope, const CheckResult& result,
                             const std::optional<Log>& log) {
  json::object made{{"check", result.check}, {"verdict", name(result.verdict)}, {"time", to_rfc3339(result.time)}};
  if (const auto percent = result.ratio ? result.ratio->shown_percent() : std::nullopt) made["percent"] = *percent;
  if (!log || result.entry > log->checkpoint.entries) return made;
  const AuditInclusion inclusion = WD_TRY(audit.prove_inclusion(scope, result.entry, log->checkpoint.entries));
  made["entry"] = result.entry;
  made["leaf"] = inclusion.leaf;
  made["proof"] = to_json(inclusion.proof);
  return made;
}

}  // namespace

Result<crypto::NoteKey> TrustStatus::key() {
  const TenantScope scope = WD_TRY(center_.scope());
  const auto signing = WD_TRY(center_.store().signing_key(scope));
  return crypto::NoteKey{audit_origin(scope.tenant()) + "/trust", signing.public_key()};
}

Result<std::string> TrustStatus::text() {
  const std::scoped_lock lock(mutex_);
  const Timestamp now = clock_.now();
  if (!text_.empty() && now >= made_ && now < made_ + kAtMostEvery) return text_;
  text_ = WD_TRY(make());
  made_ = now;
  return text_;
}

Result<std::string> TrustStatus::make() {
  const TenantScope scope = WD_TRY(center_.scope());
  const TrustSnapshot snapshot = WD_TRY(center_.snapshot());
  std::optional<Log> log;
  if (auto checkpoint = audit_.make_checkpoint(scope)) log = Log{std::move(*checkpoint), WD_TRY(audit_.key(scope))};
  json::array commitments;
  for (const TrustSnapshot::Line& line : snapshot.lines) commitments.push_back(to_json(line));
  json::array results;
  for (const auto& [id, result] : snapshot.results) results.push_back(WD_TRY(to_json(audit_, scope, result, log)));
  const crypto::NoteKey own = WD_TRY(key());
  const std::string payload =
      json::serialize(json::object{{"format", 1},
                                   {"origin", own.name},
                                   {"generated", to_rfc3339(snapshot.time)},
                                   {"valid_until", to_rfc3339(snapshot.time + kStatusLife)},
                                   {"log", log ? json::value(WD_TRY(to_json(audit_, scope, *log))) : json::value()},
                                   {"commitments", std::move(commitments)},
                                   {"results", std::move(results)}});
  const auto signature = WD_TRY(center_.store().signing_key(scope))
                             .sign(as_bytes(formats::dsse_encoding(formats::kTrustStatusType, payload)));
  return json::serialize(
      json::object{{"payloadType", formats::kTrustStatusType},
                   {"payload", to_base64(as_bytes(payload))},
                   {"signatures", json::array{json::object{{"keyid", own.text()}, {"sig", to_base64(signature)}}}}});
}

}  // namespace warder::manager
