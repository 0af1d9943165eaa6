#include "engines/ips/app/mail_access.h"

#include <algorithm>
#include <array>

#include "engines/ips/app/field_transaction.h"
#include "engines/ips/app/text_line.h"

namespace warder::ips::app {
namespace {

constexpr std::size_t kMaxLine = 8192;

/// Commands of the client, a line each; what the server answers is looked at only for the change to TLS.
class MailAccessParser final : public Parser {
 public:
  explicit MailAccessParser(bool is_imap) : is_imap_(is_imap) {}

  Fed feed(Direction direction, ByteView bytes) override {
    std::string_view left = as_text(bytes);
    bool& is_skipping = is_skipping_[index(direction)];
    while (!left.empty()) {
      const auto line = find_line(left);
      if (!line) {
        if (left.size() <= kMaxLine + 2) break;
        if (!std::exchange(is_skipping, true)) take(direction, left.substr(0, kMaxLine));
        return Fed::ok(bytes.size());
      }
      left.remove_prefix(line->size);
      if (std::exchange(is_skipping, false)) continue;
      take(direction, line->text.substr(0, kMaxLine));
      if (std::exchange(starts_tls_, false)) return Fed::restart(bytes.size() - left.size(), Protocol::Tls);
    }
    return Fed::ok(bytes.size() - left.size());
  }

  void end(Direction /*direction*/, ByteView /*rest*/) override {}

 private:
  void take(Direction direction, std::string_view line) {
    if (direction == Direction::ToClient) {
      if (!wants_tls_) return;
      const bool is_ok =
          is_imap_ ? line.starts_with(tag_) && line.find(" OK") != std::string_view::npos : line.starts_with("+OK");
      starts_tls_ = is_ok;
      wants_tls_ = false;
      return;
    }
    const std::string_view command = is_imap_ ? trim(line.substr(std::min(line.find(' '), line.size()))) : trim(line);
    wants_tls_ = equals_ignoring_case(command, is_imap_ ? "STARTTLS" : "STLS");
    if (is_imap_) tag_ = line.substr(0, line.find(' '));
    auto tx = std::make_unique<FieldTransaction>();
    if (!is_imap_) tx->put(BufferId::Pop3Command, direction, line.substr(0, line.find(' ')));
    tx->complete_only(direction);
    transactions_.add(std::move(tx));
  }

  bool is_imap_;
  std::string tag_;
  bool wants_tls_ = false;
  bool starts_tls_ = false;
  bool is_skipping_[2] = {false, false};
};

Probe probe_greeting(Direction direction, ByteView bytes, std::string_view greeting) {
  if (direction == Direction::ToServer) return Probe::No;
  const std::string_view text = as_text(bytes.first(std::min(bytes.size(), greeting.size())));
  if (!greeting.starts_with(text)) return Probe::No;
  return text.size() == greeting.size() ? Probe::Yes : Probe::More;
}

Probe probe_pop3(Direction direction, ByteView bytes, const ProbeHint& /*hint*/) {
  return probe_greeting(direction, bytes, "+OK ");
}

Probe probe_imap(Direction direction, ByteView bytes, const ProbeHint& hint) {
  const Probe answer = probe_greeting(direction, bytes, "* OK ");
  if (answer != Probe::No) return answer;
  // A client's "tag CAPABILITY" or "tag LOGIN".
  const auto line = find_line(as_text(bytes).substr(0, 512));
  if (direction == Direction::ToClient || hint.server_port != 143 || !line) return Probe::No;
  const std::string_view command = line->text.substr(std::min(line->text.find(' '), line->text.size()));
  return starts_ignoring_case(command, " CAPABILITY") || starts_ignoring_case(command, " LOGIN ") ? Probe::Yes
                                                                                                  : Probe::No;
}

}  // namespace

const ParserInfo& pop3_info() noexcept {
  static constexpr ParserInfo kInfo{Protocol::Pop3,
                                    true,
                                    false,
                                    probe_pop3,
                                    [](const Limits& /*limits*/, const FlowInfo& /*flow*/) -> std::unique_ptr<Parser> {
                                      return std::make_unique<MailAccessParser>(false);
                                    },
                                    {},
                                    0};
  return kInfo;
}

const ParserInfo& imap_info() noexcept {
  static constexpr ParserInfo kInfo{Protocol::Imap,
                                    true,
                                    false,
                                    probe_imap,
                                    [](const Limits& /*limits*/, const FlowInfo& /*flow*/) -> std::unique_ptr<Parser> {
                                      return std::make_unique<MailAccessParser>(true);
                                    },
                                    {},
                                    0};
  return kInfo;
}

}  // namespace warder::ips::app
