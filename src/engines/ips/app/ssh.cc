#include "engines/ips/app/ssh.h"

#include <array>

#include "engines/ips/app/cursor.h"
#include "engines/ips/app/digest.h"
#include "engines/ips/app/field_transaction.h"
#include "engines/ips/app/ssh_message.h"

namespace warder::ips::app {
namespace {

enum Event : std::uint8_t { InvalidBanner, LongBanner, InvalidRecord, LongKexRecord };
constexpr std::array<std::string_view, 4> kEvents = {"invalid_banner", "long_banner", "invalid_record",
                                                     "long_kex_record"};

constexpr std::size_t kMaxBanner = 255;           // RFC 4253 §4.2
constexpr std::size_t kMaxPacket = 256UL * 1024;  // OpenSSH's own limit
constexpr std::size_t kMaxKeyExchange = 32UL * 1024;

class SshParser final : public Parser {
 public:
  explicit SshParser(const Limits& limits) : limits_(limits) {}

  Fed feed(Direction direction, ByteView bytes) override {
    Side& side = sides_[index(direction)];
    std::size_t consumed = std::min(side.skip, bytes.size());
    side.skip -= consumed;
    while (consumed < bytes.size()) {
      const ByteView rest = bytes.subspan(consumed);
      const Fed step = side.has_banner ? take_packet(direction, rest) : take_banner(direction, rest);
      if (step.status != Fed::Status::Ok) return step;
      if (step.consumed == 0) return Fed::ok(consumed, step.needed);
      consumed += step.consumed;
    }
    return Fed::ok(consumed);
  }

  void end(Direction direction, ByteView /*rest*/) override {
    if (sole_.is_made()) transaction().complete(direction);
  }

 private:
  struct Side {
    bool has_banner = false;
    bool has_new_keys = false;
    std::size_t skip = 0;
  };

  FieldTransaction& transaction() { return sole_.get(transactions_); }

  Fed take_banner(Direction direction, ByteView rest) {
    const std::string_view text = as_text(rest);
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      if (text.size() <= kMaxBanner) return Fed::ok(0);
      transaction().raise(LongBanner, direction);
      return leave_alone();
    }
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    // A server may send other lines first (RFC 4253 §4.2).
    if (!line.starts_with("SSH-") && direction == Direction::ToClient && ++other_lines_ < 64) return Fed::ok(end + 1);
    const auto banner = parse_ssh_banner(line);
    if (!banner) {
      transaction().raise(InvalidBanner, direction);
      return leave_alone();
    }
    if (line.size() > kMaxBanner) transaction().raise(LongBanner, direction);
    transaction().put(BufferId::SshProto, direction, banner->protocol);
    transaction().put_if_any(BufferId::SshSoftware, direction, banner->software);
    transaction().set_progress(direction, 1);
    sides_[index(direction)].has_banner = true;
    return Fed::ok(end + 1);
  }

  Fed take_packet(Direction direction, ByteView rest) {
    Side& side = sides_[index(direction)];
    if (side.has_new_keys) return Fed::ok(rest.size());
    Cursor in{rest};
    const std::size_t size = in.u32();
    const std::size_t padding = in.u8();
    const std::uint8_t type = in.u8();
    if (!in.is_ok()) return Fed::ok(0, 6);
    if (size < 2 || size > kMaxPacket || padding + 1 > size) {
      transaction().raise(InvalidRecord, direction);
      return leave_alone();
    }
    if (type == kSshNewKeys) {
      side.has_new_keys = true;
      transaction().complete(direction);
      if (sides_[0].has_new_keys && sides_[1].has_new_keys) return leave_alone();
    } else if (type == kSshKeyExchangeInit) {
      if (size > kMaxKeyExchange) {
        transaction().raise(LongKexRecord, direction);
      } else if (rest.size() < 4 + size) {
        return Fed::ok(0, 4 + size);
      } else {
        take_key_exchange(direction, rest.subspan(5, size - 1 - padding));
      }
    }
    const std::size_t here = std::min(rest.size(), 4 + size);
    side.skip = 4 + size - here;
    return Fed::ok(here);
  }

  void take_key_exchange(Direction direction, ByteView payload) {
    const auto offer = parse_ssh_key_exchange(payload);
    if (!offer) {
      transaction().raise(InvalidRecord, direction);
      return;
    }
    const bool is_client = direction == Direction::ToServer;
    const std::string& text = is_client ? offer->client_algorithms : offer->server_algorithms;
    if (limits_.wants_fingerprints && !transaction().has(is_client ? BufferId::SshHassh : BufferId::SshHasshServer)) {
      transaction().put(is_client ? BufferId::SshHasshString : BufferId::SshHasshServerString, direction, text);
      transaction().put(is_client ? BufferId::SshHassh : BufferId::SshHasshServer, direction,
                        digest_hex(DigestKind::Md5, as_bytes(text)));
    }
    transaction().set_progress(direction, 2);
  }

  Fed leave_alone() {
    transaction().complete(Direction::ToServer);
    transaction().complete(Direction::ToClient);
    return Fed::done();
  }

  const Limits& limits_;
  SoleTransaction<FieldTransaction> sole_;
  Side sides_[2];
  int other_lines_ = 0;
};

Probe probe_ssh(Direction /*direction*/, ByteView bytes, const ProbeHint& /*hint*/) {
  constexpr std::string_view kStart = "SSH-";
  const std::string_view text = as_text(bytes.first(std::min(bytes.size(), kStart.size())));
  if (!kStart.starts_with(text)) return Probe::No;
  return text.size() == kStart.size() ? Probe::Yes : Probe::More;
}

// The whole buffer equals the text; "ssh.protoversion:2_compat" is any version that speaks 2.
class EqualCondition final : public Condition {
 public:
  EqualCondition(BufferId buffer, std::string text) : buffer_(buffer), text_(std::move(text)) {}
  [[nodiscard]] bool matches(Transaction& transaction, Direction direction, std::int64_t /*now*/) const override {
    const BufferView view = transaction.buffer(buffer_, direction, 0);
    if (view.state != BufferState::Complete) return false;
    const std::string_view value = as_text(view.bytes);
    if (text_ == "2_compat") return value == "2" || value == "2.0" || value == "1.99";
    return buffer_ == BufferId::SshSoftware ? value.find(text_) != std::string_view::npos : value == text_;
  }

 private:
  BufferId buffer_;
  std::string text_;
};

template <BufferId kBuffer>
Result<std::unique_ptr<const Condition>> parse_equal(std::string_view argument) {
  if (argument.size() >= 2 && argument.starts_with('"') && argument.ends_with('"')) {
    argument = argument.substr(1, argument.size() - 2);
  }
  if (argument.empty()) return fail(ErrorCode::Invalid, "needs a text");
  return std::make_unique<const EqualCondition>(kBuffer, std::string{argument});
}

}  // namespace

const ParserInfo& ssh_info() noexcept {
  static constexpr ParserInfo kInfo{Protocol::Ssh,
                                    true,
                                    false,
                                    probe_ssh,
                                    [](const Limits& limits, const FlowInfo& /*flow*/) -> std::unique_ptr<Parser> {
                                      return std::make_unique<SshParser>(limits);
                                    },
                                    kEvents,
                                    0};
  return kInfo;
}

std::span<const ConditionRow> ssh_conditions() noexcept {
  static constexpr ConditionRow kRows[] = {
      {"ssh.protoversion", "", Protocol::Ssh, std::nullopt, parse_equal<BufferId::SshProto>,
       "protocol version of the banner"},
      {"ssh.softwareversion", "", Protocol::Ssh, std::nullopt, parse_equal<BufferId::SshSoftware>,
       "text in the software"},
  };
  return kRows;
}

}  // namespace warder::ips::app
