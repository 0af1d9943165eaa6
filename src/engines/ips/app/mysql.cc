#include "engines/ips/app/mysql.h"

#include <algorithm>
#include <array>

#include "engines/ips/app/cursor.h"
#include "engines/ips/app/field_transaction.h"

namespace warder::ips::app {
namespace {

constexpr std::uint8_t kQuery = 3;
constexpr std::uint8_t kPrepare = 0x16;
constexpr std::uint32_t kClientSsl = 0x800;
constexpr std::size_t kHeader = 4;
constexpr std::size_t kKept = 32UL * 1024;

class MysqlParser final : public Parser {
 public:
  Fed feed(Direction direction, ByteView bytes) override {
    if (direction == Direction::ToClient) return Fed::ok(bytes.size());
    std::size_t consumed = 0;
    while (consumed < bytes.size()) {
      const ByteView rest = bytes.subspan(consumed);
      if (skip_ > 0) {
        const std::size_t part = std::min(skip_, rest.size());
        skip_ -= part;
        consumed += part;
        continue;
      }
      if (rest.size() < kHeader) return Fed::ok(consumed, kHeader);
      Cursor in{rest};
      const std::size_t size = in.little(3);
      in.skip(1);
      const std::size_t kept = std::min(size, kKept);
      if (in.remaining() < kept) return Fed::ok(consumed, kHeader + kept);
      const ByteView body = in.take(kept);
      skip_ = size - kept;
      consumed += kHeader + kept;
      if (!std::exchange(has_login_, true)) {
        Cursor login{body};
        const std::uint32_t flags = login.le32();
        // An SSL request is a login cut behind its fixed part.
        if (login.is_ok() && (flags & kClientSsl) != 0 && size == 32) return Fed::restart(consumed, Protocol::Tls);
        continue;
      }
      take(body);
    }
    return Fed::ok(consumed);
  }

  void end(Direction /*direction*/, ByteView /*rest*/) override {}

 private:
  void take(ByteView body) {
    auto tx = std::make_unique<FieldTransaction>();
    if (!body.empty() && (body[0] == kQuery || body[0] == kPrepare)) {
      tx->put(BufferId::MysqlQuery, Direction::ToServer, body.subspan(1));
    }
    tx->complete_only(Direction::ToServer);
    transactions_.add(std::move(tx));
  }

  std::size_t skip_ = 0;
  bool has_login_ = false;
};

// The server speaks first: length, sequence 0, protocol 10, a version that begins with a digit, a zero.
Probe probe_mysql(Direction direction, ByteView bytes, const ProbeHint& /*hint*/) {
  if (direction == Direction::ToServer) return Probe::No;
  if (bytes.size() < 7) return Probe::More;
  Cursor in{bytes};
  const std::uint64_t size = in.little(3);
  const std::uint8_t sequence = in.u8();
  const std::uint8_t protocol = in.u8();
  const std::uint8_t digit = in.u8();
  return size >= 40 && size < 512 && sequence == 0 && protocol == 10 && digit >= '3' && digit <= '9' ? Probe::Yes
                                                                                                     : Probe::No;
}

}  // namespace

const ParserInfo& mysql_info() noexcept {
  static constexpr ParserInfo kInfo{Protocol::Mysql,
                                    true,
                                    false,
                                    probe_mysql,
                                    [](const Limits& /*limits*/, const FlowInfo& /*flow*/) -> std::unique_ptr<Parser> {
                                      return std::make_unique<MysqlParser>();
                                    },
                                    {},
                                    0};
  return kInfo;
}

}  // namespace warder::ips::app
