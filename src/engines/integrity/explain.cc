#include "engines/integrity/explain.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace warder::integrity {
namespace {

using std::chrono::minutes;

constexpr minutes kDay{24 * 60};
constexpr std::uint32_t kMaxMode = 07777;

bool is_date(std::string_view text) {
  return text.find('-') != std::string_view::npos;
}

}  // namespace

Result<Allowance> Allowance::parse(std::string_view text) {
  Allowance allowance;
  for (const std::string_view word : split(text, ' ')) {
    if (word.empty()) continue;
    const auto equals = word.find('=');
    if (equals == std::string_view::npos || equals + 1 == word.size())
      return fail(ErrorCode::Invalid, std::string(word) + ": not name=value");
    WD_TRY(allowance.read_word(word.substr(0, equals), word.substr(equals + 1)).in(word.substr(0, equals)));
  }
  WD_TRY(allowance.check());
  return allowance;
}

Result<void> Allowance::read_word(std::string_view key, std::string_view value) {
  if (key == "ticket" || key == "window" || key == "approved") {
    if (!kind_.empty()) return fail(ErrorCode::Invalid, "only one of ticket, window and approved");
    kind_ = key;
    label_ = (key == "approved" ? "approval of " : std::string(key) + " ") + std::string(value);
  } else if (key == "path") {
    if (!value.starts_with('/')) return fail(ErrorCode::Invalid, "not an absolute path");
    for (KeyPattern& pattern : WD_TRY(KeyPattern::create(value))) patterns_.push_back(std::move(pattern));
  } else if (key == "sha256") {
    const Bytes bytes = WD_TRY(from_hex(value));
    if (bytes.size() != crypto::Digest{}.size()) return fail(ErrorCode::Invalid, "not 64 digits");
    digest_.emplace();
    std::copy(bytes.begin(), bytes.end(), digest_->begin());
  } else if (key == "mode") {
    std::uint32_t mode = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), mode, 8);
    if (error != std::errc{} || end != value.data() + value.size() || mode > kMaxMode)
      return fail(ErrorCode::Invalid, "not an octal mode");
    mode_ = mode;
  } else if (key == "uid" || key == "gid") {
    auto& number = key == "uid" ? uid_ : gid_;
    number = parse_integer<std::uint32_t>(value);
    if (!number) return fail(ErrorCode::Invalid, "not a number");
  } else if (key == "on") {
    days_ = WD_TRY(parse_days(value));
  } else if (key == "from") {
    if (is_date(value)) {
      from_ = WD_TRY(parse_rfc3339(value));
    } else {
      opens_ = WD_TRY(parse_hour(value));
    }
  } else if (key == "to") {
    if (is_date(value)) {
      to_ = WD_TRY(parse_rfc3339(value));
    } else {
      closes_ = WD_TRY(parse_hour(value));
    }
  } else {
    return fail(ErrorCode::Invalid, "not one of ticket, window, approved, from, to, on, path, sha256, mode, uid, gid");
  }
  return {};
}

Result<void> Allowance::check() const {
  if (kind_.empty()) return fail(ErrorCode::Invalid, "none of ticket, window and approved");
  if (kind_ == "ticket" && (!from_ || !to_)) return fail(ErrorCode::Invalid, "a ticket needs the dates from and to");
  if (kind_ == "window" && (!opens_ || !closes_))
    return fail(ErrorCode::Invalid, "a window needs the hours from and to");
  if (kind_ == "approved" && (patterns_.empty() || !digest_))
    return fail(ErrorCode::Invalid, "an approval needs path and sha256");
  if (from_ && to_ && *to_ < *from_) return fail(ErrorCode::Invalid, "it ends before it begins");
  return {};
}

bool Allowance::is_at(Timestamp time) const {
  if ((from_ && time < *from_) || (to_ && time > *to_)) return false;
  if (!opens_ || !closes_) return true;
  const auto midnight = std::chrono::floor<std::chrono::days>(time);
  const auto of_day = std::chrono::floor<minutes>(time - midnight);
  const bool is_past_midnight = *closes_ <= *opens_;
  const bool is_early = is_past_midnight && of_day < *closes_;
  if (is_past_midnight ? of_day < *opens_ && !is_early : of_day < *opens_ || of_day >= *closes_) return false;
  const auto begun = is_early ? midnight - std::chrono::days(1) : midnight;
  return (days_ >> std::chrono::weekday(begun).c_encoding() & 1U) != 0;
}

bool Allowance::covers(const Unexplained& change) const {
  const bool asks_owner = mode_ || uid_ || gid_;
  if (asks_owner && change.is == nullptr) return false;
  if (asks_owner && (change.is->stat.mode != mode_.value_or(change.is->stat.mode) ||
                     change.is->stat.uid != uid_.value_or(change.is->stat.uid) ||
                     change.is->stat.gid != gid_.value_or(change.is->stat.gid)))
    return false;
  if (digest_ && (change.is == nullptr || change.is->digest != digest_)) return false;
  const bool is_on_path = std::any_of(patterns_.begin(), patterns_.end(), [&](const KeyPattern& pattern) {
    return pattern.matches(std::string_view(change.path).substr(1));
  });
  if (!patterns_.empty() && !is_on_path) return false;
  return is_at(change.is == nullptr ? change.seen : from_micros(change.is->stat.changed_ns / 1000));
}

const Allowance* find_allowance(std::span<const Allowance> allowances, const Unexplained& change) {
  const auto at = std::find_if(allowances.begin(), allowances.end(),
                               [&](const Allowance& allowance) { return allowance.covers(change); });
  return at == allowances.end() ? nullptr : &*at;
}

bool is_as_golden(const Entity& is, const Entity& golden) noexcept {
  constexpr AttributeSet kSame = kPersonSet & ~bit(Attribute::Flags);
  const bool is_known = is.stat.kind != host::FileKind::Regular || (is.digest && golden.digest);
  return is_known && compare(golden, is, kSame) == 0;
}

std::optional<crypto::Digest> golden_state(const Entity& entity) {
  const bool is_regular = entity.stat.kind == host::FileKind::Regular;
  if (is_regular && !entity.digest) return std::nullopt;
  Bytes bytes;
  bytes.push_back(static_cast<std::uint8_t>(entity.stat.kind));
  for (const std::uint32_t number : {entity.stat.mode, entity.stat.uid, entity.stat.gid}) append_u32be(bytes, number);
  // Only a regular file has content and capabilities to compare.
  if (is_regular) append(bytes, *entity.digest);
  for (const std::string& text : {entity.target, entity.extras.acl, entity.extras.attributes,
                                  is_regular ? entity.extras.capabilities : std::string()}) {
    append_u32be(bytes, static_cast<std::uint32_t>(text.size()));
    append(bytes, as_bytes(text));
  }
  return crypto::sha256(bytes);
}

}  // namespace warder::integrity
