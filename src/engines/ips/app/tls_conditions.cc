// Keywords on TLS that are neither a buffer nor a number.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "engines/ips/app/text_line.h"
#include "engines/ips/app/tls.h"

namespace warder::ips::app {
namespace {

std::string_view unquote(std::string_view text) {
  text = trim(text);
  if (text.starts_with('"')) text.remove_prefix(1);
  if (text.ends_with('"')) text.remove_suffix(1);
  return text;
}

struct VersionName {
  std::string_view name;
  std::uint16_t version;
};
constexpr std::array<VersionName, 10> kVersions = {{{"1.0", 0x301},
                                                    {"1.1", 0x302},
                                                    {"1.2", 0x303},
                                                    {"1.3", 0x304},
                                                    {"sslv2", 0x002},
                                                    {"sslv3", 0x300},
                                                    {"tls1.0", 0x301},
                                                    {"tls1.1", 0x302},
                                                    {"tls1.2", 0x303},
                                                    {"tls1.3", 0x304}}};

std::optional<std::uint16_t> find_version(std::string_view name) {
  for (const VersionName& row : kVersions) {
    if (row.name == name) return row.version;
  }
  if (name.starts_with("0x") && name.size() == 6) {
    const auto bytes = from_hex(name.substr(2));
    if (bytes) return static_cast<std::uint16_t>((*bytes)[0] << 8U | (*bytes)[1]);
  }
  return std::nullopt;
}

TlsTransaction* as_tls(Transaction& transaction) {
  return dynamic_cast<TlsTransaction*>(&transaction);
}

// "tls1.2", "!sslv3", "tls1.0,tls1.1"; a leading ! turns the whole list round.
class VersionCondition final : public Condition {
 public:
  VersionCondition(std::vector<std::uint16_t> versions, bool is_negated)
      : versions_(std::move(versions)), is_negated_(is_negated) {}

  [[nodiscard]] bool matches(Transaction& transaction, Direction direction, std::int64_t /*now*/) const override {
    TlsTransaction* tls = as_tls(transaction);
    if (tls == nullptr) return false;
    std::uint16_t version = tls->side(direction).version;
    if (version == 0) return false;
    if (version > 0x7f00U && version < 0x7f80U) version = 0x304;  // drafts of TLS 1.3
    const bool is_listed = std::find(versions_.begin(), versions_.end(), version) != versions_.end();
    return is_listed != is_negated_;
  }

 private:
  std::vector<std::uint16_t> versions_;
  bool is_negated_;
};

Result<std::unique_ptr<const Condition>> parse_version(std::string_view argument) {
  std::vector<std::uint16_t> versions;
  bool is_negated = false;
  std::string_view left = trim(argument);
  while (!left.empty()) {
    const std::size_t comma = left.find(',');
    std::string_view word = trim(left.substr(0, comma));
    left = comma == std::string_view::npos ? std::string_view{} : left.substr(comma + 1);
    if (word.starts_with('!')) {
      is_negated = true;
      word = trim(word.substr(1));
    }
    const auto version = find_version(lower(word));
    if (!version) return fail(ErrorCode::Invalid, fmt::format("{} is not a TLS version", word));
    versions.push_back(*version);
  }
  if (versions.empty()) return fail(ErrorCode::Invalid, "needs a TLS version, like 1.2 or tls1.2");
  return std::make_unique<const VersionCondition>(std::move(versions), is_negated);
}

// The old one-string keywords: the text stands somewhere in the name; a leading ! negates.
class TextCondition final : public Condition {
 public:
  TextCondition(BufferId buffer, std::string text, bool is_negated)
      : buffer_(buffer), text_(std::move(text)), is_negated_(is_negated) {}

  [[nodiscard]] bool matches(Transaction& transaction, Direction direction, std::int64_t /*now*/) const override {
    const BufferView view = transaction.buffer(buffer_, direction, 0);
    if (view.state != BufferState::Complete) return false;
    return (as_text(view.bytes).find(text_) != std::string_view::npos) != is_negated_;
  }

 private:
  BufferId buffer_;
  std::string text_;
  bool is_negated_;
};

template <BufferId kBuffer>
Result<std::unique_ptr<const Condition>> parse_text(std::string_view argument) {
  std::string_view text = argument;
  const bool is_negated = text.starts_with('!');
  if (is_negated) text.remove_prefix(1);
  text = unquote(text);
  if (text.empty()) return fail(ErrorCode::Invalid, "needs a text");
  return std::make_unique<const TextCondition>(
      kBuffer, kBuffer == BufferId::TlsCertFingerprint ? lower(text) : std::string{text}, is_negated);
}

enum class StateBit : unsigned { ClientHello = 1, ServerHello = 2, ClientKeyx = 4, Unknown = 16 };

class StateCondition final : public Condition {
 public:
  StateCondition(unsigned wanted, unsigned refused) : wanted_(wanted), refused_(refused) {}

  [[nodiscard]] bool matches(Transaction& transaction, Direction /*direction*/, std::int64_t /*now*/) const override {
    TlsTransaction* tls = as_tls(transaction);
    if (tls == nullptr) return false;
    unsigned state = 0;
    const auto set = [&](StateBit bit, bool is_set) { state |= is_set ? static_cast<unsigned>(bit) : 0U; };
    set(StateBit::ClientHello, tls->side(Direction::ToServer).has_hello);
    set(StateBit::ServerHello, tls->side(Direction::ToClient).has_hello);
    set(StateBit::ClientKeyx, tls->has_client_key_exchange);
    if (state == 0) state = static_cast<unsigned>(StateBit::Unknown);
    return (wanted_ == 0 || (state & wanted_) != 0) && (state & refused_) == 0;
  }

 private:
  unsigned wanted_;
  unsigned refused_;
};

Result<std::unique_ptr<const Condition>> parse_state(std::string_view argument) {
  unsigned wanted = 0;
  unsigned refused = 0;
  std::string_view left = trim(argument);
  while (!left.empty()) {
    const std::size_t end = left.find_first_of(",|");
    std::string_view word = trim(left.substr(0, end));
    left = end == std::string_view::npos ? std::string_view{} : left.substr(end + 1);
    const bool is_negated = word.starts_with('!');
    if (is_negated) word = trim(word.substr(1));
    StateBit bit{};
    if (word == "client_hello") {
      bit = StateBit::ClientHello;
    } else if (word == "server_hello") {
      bit = StateBit::ServerHello;
    } else if (word == "client_keyx" || word == "server_keyx") {
      bit = StateBit::ClientKeyx;
    } else if (word == "unknown") {
      bit = StateBit::Unknown;
    } else {
      return fail(ErrorCode::Invalid, fmt::format("{} is not a state of TLS", word));
    }
    (is_negated ? refused : wanted) |= static_cast<unsigned>(bit);
  }
  if (wanted == 0 && refused == 0) return fail(ErrorCode::Invalid, "needs a state, like client_hello");
  return std::make_unique<const StateCondition>(wanted, refused);
}

// Certificate dates: a range of Unix seconds, ends excluded.
class DateCondition final : public Condition {
 public:
  DateCondition(std::int64_t CertificateFacts::*date, std::int64_t after, std::int64_t before)
      : date_(date), after_(after), before_(before) {}

  [[nodiscard]] bool matches(Transaction& transaction, Direction direction, std::int64_t /*now*/) const override {
    TlsTransaction* tls = as_tls(transaction);
    if (tls == nullptr) return false;
    const std::int64_t date = tls->side(direction).leaf.*date_;
    return date != 0 && date > after_ && date < before_;
  }

 private:
  std::int64_t CertificateFacts::*date_;
  std::int64_t after_;
  std::int64_t before_;
};

// "2015", "2015-10", "2015-10-22", "2015-10-22 23:59:59" (or with T).
std::optional<std::int64_t> find_date(std::string_view text) {
  static constexpr std::array<const char*, 7> kForms = {
      "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H", "%Y-%m-%d", "%Y-%m", "%Y"};
  const std::string copy{text};
  for (const char* form : kForms) {
    std::tm parts{};
    parts.tm_mday = 1;
    const char* end = strptime(copy.c_str(), form, &parts);
    if (end != nullptr && *end == '\0') return timegm(&parts);
  }
  return std::nullopt;
}

template <auto kDate>
Result<std::unique_ptr<const Condition>> parse_date(std::string_view argument) {
  constexpr std::int64_t kNever = std::int64_t{1} << 62U;
  const auto bad = [&] {
    return fail(ErrorCode::Invalid, fmt::format("{} is not a date or a range of dates", argument));
  };
  const std::string_view text = trim(argument);
  const std::size_t between = text.find("<>");
  if (between != std::string_view::npos) {
    const auto from = find_date(trim(text.substr(0, between)));
    const auto to = find_date(trim(text.substr(between + 2)));
    if (!from || !to) return bad();
    return std::make_unique<const DateCondition>(kDate, *from, *to);
  }
  const char sign = text.empty() ? '\0' : text.front();
  const auto date = find_date(trim(sign == '<' || sign == '>' ? text.substr(1) : text));
  if (!date) return bad();
  if (sign == '<') return std::make_unique<const DateCondition>(kDate, 0, *date);
  if (sign == '>') return std::make_unique<const DateCondition>(kDate, *date, kNever);
  return std::make_unique<const DateCondition>(kDate, *date - 1, *date + 1);
}

class ValidityCondition final : public Condition {
 public:
  explicit ValidityCondition(bool wants_valid) : wants_valid_(wants_valid) {}

  [[nodiscard]] bool matches(Transaction& transaction, Direction direction, std::int64_t now) const override {
    TlsTransaction* tls = as_tls(transaction);
    if (tls == nullptr) return false;
    const CertificateFacts& leaf = tls->side(direction).leaf;
    if (leaf.not_after == 0) return false;
    return wants_valid_ ? now >= leaf.not_before && now <= leaf.not_after : now > leaf.not_after;
  }

 private:
  bool wants_valid_;
};

template <bool kWantsValid>
Result<std::unique_ptr<const Condition>> parse_validity(std::string_view argument) {
  if (!trim(argument).empty()) return fail(ErrorCode::Invalid, "takes no argument");
  return std::make_unique<const ValidityCondition>(kWantsValid);
}

}  // namespace

std::span<const ConditionRow> tls_conditions() noexcept {
  using enum Protocol;
  static constexpr ConditionRow kRows[] = {
      {"tls.version", "tls_version", Tls, std::nullopt, parse_version,
       "version of the handshake: 1.0 to 1.3, or 0x0304"},
      {"ssl_version", "", Tls, std::nullopt, parse_version, "any of the versions; ! turns the list round"},
      {"ssl_state", "", Tls, std::nullopt, parse_state, "how far the handshake is"},
      {"tls.subject", "", Tls, std::nullopt, parse_text<BufferId::TlsCertSubject>, "text in the certificate's subject"},
      {"tls.issuerdn", "", Tls, std::nullopt, parse_text<BufferId::TlsCertIssuer>, "text in the certificate's issuer"},
      {"tls.fingerprint", "", Tls, std::nullopt, parse_text<BufferId::TlsCertFingerprint>, "the certificate's SHA-1"},
      {"tls_cert_notbefore", "", Tls, std::nullopt, parse_date<&CertificateFacts::not_before>,
       "date from which it is valid"},
      {"tls_cert_notafter", "", Tls, std::nullopt, parse_date<&CertificateFacts::not_after>,
       "date after which it is not"},
      {"tls_cert_expired", "", Tls, std::nullopt, parse_validity<false>, "the certificate has expired"},
      {"tls_cert_valid", "", Tls, std::nullopt, parse_validity<true>, "the certificate is valid now"},
  };
  return kRows;
}

}  // namespace warder::ips::app
