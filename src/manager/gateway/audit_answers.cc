#include "manager/gateway/audit_answers.h"

namespace warder::manager {
namespace {

constexpr std::size_t kMaxAnswers = 1000;  // of one tenant: agents hold a few different sizes only

}  // namespace

std::optional<protocol::AuditCheckpoint> AuditAnswers::answer(const TenantScope& scope, std::uint64_t held) {
  Known known;
  bool is_fresh = false;
  {
    const std::scoped_lock lock(mutex_);
    if (const auto found = known_.find(scope.tenant()); found != known_.end()) {
      const Known& here = found->second;
      // Who holds more than we know has it from another manager, or sees a list that was cut: the database tells.
      is_fresh = clock_.steady_now() - here.read < kFresh && held <= here.entries;
      const auto made = here.answers.find(held);
      if (is_fresh && made != here.answers.end()) return made->second;
      known.entries = here.entries;
      known.note = here.note;
      known.key = here.key;
      known.read = here.read;
    }
  }
  if (!is_fresh) {
    auto now = read(scope);
    if (!now) return {};
    known = std::move(*now);
  }
  if (known.entries == 0 && held == 0) return {};
  const auto made = make(scope, known, held);
  if (!made) return {};
  const std::scoped_lock lock(mutex_);
  Known& here = known_[scope.tenant()];
  if (!is_fresh) here = std::move(known);
  if (here.note == made->note() && here.answers.size() < kMaxAnswers) here.answers[held] = *made;
  return *made;
}

Result<AuditAnswers::Known> AuditAnswers::read(const TenantScope& scope) {
  Known known;
  known.read = clock_.steady_now();
  const auto last = audit_.checkpoint(scope);
  if (!last && last.error().code == ErrorCode::NotFound) return known;
  if (!last) return fail(last.error());
  known.entries = static_cast<std::uint64_t>(last->entries);
  known.note = last->note;
  known.key = WD_TRY(audit_.key(scope)).text();
  return known;
}

Result<protocol::AuditCheckpoint> AuditAnswers::make(const TenantScope& scope, const Known& known, std::uint64_t held) {
  protocol::AuditCheckpoint answer;
  answer.set_key(known.key);
  answer.set_note(known.note);
  if (held == 0 || held > known.entries) return answer;
  const auto proof =
      audit_.prove_consistency(scope, static_cast<std::int64_t>(held), static_cast<std::int64_t>(known.entries));
  // A list whose tree is damaged has no proof; that is for the agent to find.
  const bool is_damaged =
      !proof && (proof.error().code == ErrorCode::Corrupt || proof.error().code == ErrorCode::NotFound);
  if (is_damaged) return answer;
  if (!proof) return fail(proof.error());
  answer.set_from(held);
  for (const crypto::Digest& hash : *proof) answer.add_proof(hash.data(), hash.size());
  return answer;
}

}  // namespace warder::manager
