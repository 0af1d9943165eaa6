#include "formats/trust_status.h"

#include <algorithm>
#include <map>

#include "base/json.h"

namespace warder::formats {
namespace {

constexpr std::chrono::minutes kClockTolerance{2};
constexpr std::size_t kMaxProof = 64;
constexpr std::int64_t kLastMicros = 253'402'300'799'000'000;  // of the year 9999

Result<const json::object*> object_of(const json::value& value, const char* what) {
  const json::object* const object = value.if_object();
  if (object == nullptr) return fail(ErrorCode::Invalid, std::string(what) + " is no object");
  return object;
}

struct Signed {
  crypto::NoteKey key;
  std::string payload;
};

Result<Signed> open_envelope(std::string_view text, const std::optional<crypto::NoteKey>& pinned) {
  const json::value value = WD_TRY(parse_json(text, kMaxStatusBytes));
  const json::object* const envelope = WD_TRY(object_of(value, "the status"));
  if (WD_TRY(get_string(*envelope, "payloadType")) != kTrustStatusType)
    return fail(ErrorCode::Invalid, "it is no status of a Trust Center");
  const Bytes payload = WD_TRY(from_base64(WD_TRY(get_string(*envelope, "payload"))).in("payload"));
  const json::array* const signatures = WD_TRY(get_array(*envelope, "signatures"));
  if (signatures->empty()) return fail(ErrorCode::Forbidden, "it is not signed");
  const json::object* const first = WD_TRY(object_of(signatures->front(), "a signature"));
  Signed opened{WD_TRY(crypto::NoteKey::parse(WD_TRY(get_string(*first, "keyid"))).in("keyid")),
                std::string(as_text(payload))};
  const Bytes bytes = WD_TRY(from_base64(WD_TRY(get_string(*first, "sig"))).in("sig"));
  crypto::Signature signature{};
  if (bytes.size() != signature.size()) return fail(ErrorCode::Invalid, "sig: is not of this length");
  std::ranges::copy(bytes, signature.begin());
  if (pinned && !(*pinned == opened.key))
    return fail(ErrorCode::Forbidden, "it is signed with another key: " + opened.key.text());
  if (!crypto::is_signed_by(opened.key.key, as_bytes(dsse_encoding(kTrustStatusType, opened.payload)), signature))
    return fail(ErrorCode::Forbidden, "its signature is not right");
  return opened;
}

/// A result whose place in the log is proven.
struct Proven {
  std::string verdict;
  Timestamp time;
};

/// The log of the file, as it is signed.
struct SignedLog {
  const json::object* object = nullptr;
  crypto::NoteKey key;
  crypto::MerkleHead head;
};

/// Absent when the file has none.
Result<std::optional<SignedLog>> open_log(const json::object& status) {
  const json::value* const value = find(status, "log");
  if (value == nullptr || !value->is_object()) return std::optional<SignedLog>{};
  SignedLog log{&value->get_object(), {}, {}};
  log.key = WD_TRY(crypto::NoteKey::parse(WD_TRY(get_string(*log.object, "key"))).in("log"));
  log.head = WD_TRY(crypto::open_checkpoint(WD_TRY(get_string(*log.object, "checkpoint")), log.key).in("log")).head;
  return std::optional(std::move(log));
}

Result<std::vector<crypto::Digest>> read_proof(const json::object& result) {
  std::vector<crypto::Digest> proof;
  const json::array* const hashes = WD_TRY(get_array(result, "proof"));
  if (hashes->size() > kMaxProof) return fail(ErrorCode::Invalid, "proof: is too long");
  for (const json::value& hash : *hashes) {
    if (!hash.is_string()) return fail(ErrorCode::Invalid, "proof: a hash is no text");
    const Bytes bytes = WD_TRY(from_base64(std::string_view(hash.get_string())));
    crypto::Digest digest{};
    if (bytes.size() != digest.size()) return fail(ErrorCode::Invalid, "proof: a hash is not of this length");
    std::ranges::copy(bytes, digest.begin());
    proof.push_back(digest);
  }
  return proof;
}

/// What the entry of the log says, which counts, whatever stands beside it.
Result<Proven> read_leaf(std::string_view check, std::string_view leaf) {
  const json::value value = WD_TRY(parse_json(leaf));
  const json::object* const entry = WD_TRY(object_of(value, "leaf"));
  const bool is_of_check = WD_TRY(get_string(*entry, "action")) == "trust.check" &&
                           WD_TRY(get_string(*entry, "object")) == "check:" + std::string(check);
  if (!is_of_check) return fail(ErrorCode::Invalid, "leaf: is of something else");
  const json::object* const detail = WD_TRY(get_object(*entry, "detail"));
  const std::int64_t micros = WD_TRY(get_int(*entry, "time_us"));
  if (micros < 0 || micros > kLastMicros) return fail(ErrorCode::Invalid, "leaf: its time is none");
  return Proven{std::string(WD_TRY(get_string(*detail, "verdict"))), from_micros(micros)};
}

Result<Proven> prove(const json::object& result, const crypto::MerkleHead& head) {
  const std::string_view leaf = WD_TRY(get_string(result, "leaf"));
  const std::int64_t entry = WD_TRY(get_int(result, "entry"));
  const auto proof = WD_TRY(read_proof(result));
  if (entry < 1 || !crypto::is_included(static_cast<std::uint64_t>(entry) - 1, crypto::merkle_leaf(as_bytes(leaf)),
                                        head.size, head.root, proof))
    return fail(ErrorCode::Invalid, "the proof is wrong");
  return read_leaf(WD_TRY(get_string(result, "check")), leaf);
}

using AllProven = std::map<std::string, Proven, std::less<>>;

Result<AllProven> prove_all(const json::object& status, const std::optional<SignedLog>& log) {
  AllProven proven;
  if (!log) return proven;
  for (const json::value& value : *WD_TRY(get_array(status, "results"))) {
    const json::object* const result = WD_TRY(object_of(value, "a result"));
    auto one = prove(*result, log->head);
    if (one) proven.emplace(WD_TRY(get_string(*result, "check")), std::move(*one));
  }
  return proven;
}

/// The log has signed what the witness saw, the witness has cosigned it, and the log as it is now begins with it.
Result<TrustWitness> read_witness(const json::value& value, const SignedLog& log) {
  const json::object* const said = WD_TRY(object_of(value, "a witness"));
  TrustWitness witness;
  witness.key = WD_TRY(crypto::WitnessKey::parse(WD_TRY(get_string(*said, "key"))));
  const std::string_view note = WD_TRY(get_string(*said, "note"));
  const crypto::Checkpoint seen = WD_TRY(crypto::open_checkpoint(note, log.key));
  witness.time = WD_TRY(crypto::open_cosignature(note, witness.key));
  witness.entries = seen.head.size;
  const auto proof = WD_TRY(read_proof(*said));
  if (!crypto::is_consistent(seen.head, log.head, proof))
    return fail(ErrorCode::Forbidden, witness.key.name + " has seen another log");
  return witness;
}

Result<void> read_witnesses(TrustReport& report, const std::optional<SignedLog>& log) {
  if (!log || find(*log->object, "witnesses") == nullptr) return {};
  for (const json::value& value : *WD_TRY(get_array(*log->object, "witnesses"))) {
    auto witness = read_witness(value, *log);
    const bool is_twice =
        witness && std::ranges::find(report.witnesses, witness->key, &TrustWitness::key) != report.witnesses.end();
    if (is_twice) {
      report.false_witness.push_back(witness->key.name + " is there twice");
    } else if (witness) {
      report.witnesses.push_back(std::move(*witness));
    } else {
      report.false_witness.push_back(std::move(witness).error().message);
    }
  }
  return {};
}

/// What a claim of "pass" comes to.
void judge(TrustLine& line, const json::array& checks, const AllProven& proven, std::chrono::seconds fresh,
           Timestamp now) {
  const auto show = [&line](const char* shown, std::string why) {
    line.shown = shown;
    line.why = std::move(why);
  };
  for (const json::value& check : checks) {
    const auto result = check.is_string() ? proven.find(std::string_view(check.get_string())) : proven.end();
    if (result == proven.end()) return show("unproven", "a check has no proven result");
    if (result->second.verdict != "pass")
      return show("unproven", result->first + ": the log says " + result->second.verdict);
    if (result->second.time > now + kClockTolerance) return show("unknown", result->first + ": is of the future");
    if (result->second.time + fresh <= now) return show("stale", result->first + ": is too old");
  }
}

Result<TrustLine> read_line(const json::value& value, const AllProven& proven, Timestamp now) {
  const json::object* const commitment = WD_TRY(object_of(value, "a commitment"));
  TrustLine line;
  line.id = WD_TRY(get_string(*commitment, "id"));
  line.text = WD_TRY(get_string(*WD_TRY(get_object(*commitment, "text")), "en"));
  line.claimed = WD_TRY(get_string(*commitment, "state"));
  line.shown = line.claimed;
  if (line.claimed != "pass") return line;
  const std::string_view kind = WD_TRY(get_string(*commitment, "kind"));
  const json::array* const checks = WD_TRY(get_array(*commitment, "checks"));
  constexpr std::int64_t kMostSeconds = std::chrono::seconds(kMaxFresh).count();
  const std::chrono::seconds fresh{std::clamp<std::int64_t>(WD_TRY(get_int(*commitment, "fresh_s")), 0, kMostSeconds)};
  if (kind == "organisational") {
    line.why = "by the operator's word: evidence is not in the file";
    const json::value* const until = find(*commitment, "holds_until");
    const auto end = until != nullptr && until->is_string() ? parse_rfc3339(std::string_view(until->get_string()))
                                                            : Result<Timestamp>(Timestamp{});
    if (!end || *end <= now) line.shown = "stale";
  } else if (checks->empty()) {
    line.shown = "unproven";
    line.why = "it has no check";
  }
  judge(line, *checks, proven, fresh, now);
  return line;
}

}  // namespace

std::string dsse_encoding(std::string_view type, std::string_view payload) {
  std::string text = "DSSEv1 " + std::to_string(type.size()) + " ";
  text.append(type).append(" ").append(std::to_string(payload.size())).append(" ").append(payload);
  return text;
}

bool TrustReport::is_honest() const {
  return false_witness.empty() && std::ranges::find(lines, "unproven", &TrustLine::shown) == lines.end();
}

Result<TrustReport> verify_trust_status(std::string_view text, const std::optional<crypto::NoteKey>& pinned,
                                        Timestamp now) {
  const Signed opened = WD_TRY(open_envelope(text, pinned));
  const json::value value = WD_TRY(parse_json(opened.payload, kMaxStatusBytes).in("payload"));
  const json::object* const status = WD_TRY(object_of(value, "payload"));
  if (WD_TRY(get_int(*status, "format")) != 1) return fail(ErrorCode::Invalid, "format: this program does not know it");
  TrustReport report;
  report.key = opened.key;
  report.is_key_pinned = pinned.has_value();
  report.generated = WD_TRY(parse_rfc3339(WD_TRY(get_string(*status, "generated"))).in("generated"));
  const Timestamp until = WD_TRY(parse_rfc3339(WD_TRY(get_string(*status, "valid_until"))).in("valid_until"));
  report.is_current = report.generated <= now + kClockTolerance && now < until;
  const auto log = WD_TRY(open_log(*status));
  WD_TRY(read_witnesses(report, log));
  const AllProven proven = WD_TRY(prove_all(*status, log));
  report.proven = proven.size();
  for (const json::value& commitment : *WD_TRY(get_array(*status, "commitments")))
    report.lines.push_back(WD_TRY(read_line(commitment, proven, now)));
  return report;
}

}  // namespace warder::formats
