#include "engines/ips/app/pgsql.h"

#include <algorithm>
#include <array>

#include "engines/ips/app/cursor.h"
#include "engines/ips/app/field_transaction.h"

namespace warder::ips::app {
namespace {

enum Event : std::uint8_t { MalformedRequest, MalformedResponse, TooManyTransactions };
constexpr std::array<std::string_view, 3> kEvents = {"malformed_request", "malformed_response",
                                                     "too_many_transactions"};

constexpr std::uint32_t kSslRequest = 80877103;
constexpr std::uint32_t kGssRequest = 80877104;
constexpr std::uint32_t kCancelRequest = 80877102;
constexpr std::uint32_t kVersion3 = 0x00030000;
constexpr std::size_t kKept = 32UL * 1024;  // of a message

class PgsqlParser final : public Parser {
 public:
  Fed feed(Direction direction, ByteView bytes) override {
    std::size_t& skip = skip_[index(direction)];
    std::size_t consumed = 0;
    while (consumed < bytes.size()) {
      const ByteView rest = bytes.subspan(consumed);
      if (skip > 0) {
        const std::size_t part = std::min(skip, rest.size());
        skip -= part;
        consumed += part;
        continue;
      }
      if (direction == Direction::ToClient && is_waiting_for_ssl_) {
        is_waiting_for_ssl_ = false;
        if (rest[0] == 'S' || rest[0] == 'G') return Fed::restart(consumed + 1, Protocol::Tls);
        ++consumed;
        continue;
      }
      const bool has_type = direction == Direction::ToClient || has_started_;
      const std::size_t head = has_type ? 5 : 4;
      if (rest.size() < head) return Fed::ok(consumed, head);
      Cursor in{rest};
      const char type = has_type ? static_cast<char>(in.u8()) : '\0';
      const std::size_t size = in.u32();
      if (size < 4 || size > 0x3fffffff) return bad(direction);
      const std::size_t kept = std::min(size - 4, kKept);
      if (rest.size() < head + kept) return Fed::ok(consumed, head + kept);
      if (direction == Direction::ToServer) take(type, rest.subspan(head, kept));
      skip = size - 4 - kept;
      consumed += head + kept;
    }
    return Fed::ok(consumed);
  }

  void end(Direction /*direction*/, ByteView /*rest*/) override {}

 private:
  Fed bad(Direction direction) {
    auto tx = std::make_unique<FieldTransaction>();
    tx->raise(direction == Direction::ToServer ? MalformedRequest : MalformedResponse, direction);
    tx->complete_only(direction);
    transactions_.add(std::move(tx));
    return Fed::error();
  }

  void take(char type, ByteView body) {
    Cursor in{body};
    auto tx = std::make_unique<FieldTransaction>();
    if (type == '\0') {
      const std::uint32_t code = in.u32();
      is_waiting_for_ssl_ = code == kSslRequest || code == kGssRequest;
      has_started_ = !is_waiting_for_ssl_;
    } else if (type == 'Q') {
      put_query(as_text(body), *tx);
    } else if (type == 'P') {  // parse: name, query
      const std::string_view text = as_text(body);
      const std::size_t name = text.find('\0');
      if (name != std::string_view::npos) put_query(text.substr(name + 1), *tx);
    }
    tx->complete_only(Direction::ToServer);
    transactions_.add(std::move(tx));
  }

  static void put_query(std::string_view text, FieldTransaction& tx) {
    tx.put(BufferId::PgsqlQuery, Direction::ToServer, text.substr(0, text.find('\0')));
  }

  std::size_t skip_[2] = {0, 0};
  bool has_started_ = false;
  bool is_waiting_for_ssl_ = false;
};

Probe probe_pgsql(Direction direction, ByteView bytes, const ProbeHint& /*hint*/) {
  if (direction == Direction::ToClient || bytes[0] != 0) return Probe::No;
  if (bytes.size() < 8) return Probe::More;
  Cursor in{bytes};
  const std::size_t size = in.u32();
  const std::uint32_t code = in.u32();
  if (code == kSslRequest || code == kGssRequest) return size == 8 ? Probe::Yes : Probe::No;
  if (code == kCancelRequest) return size == 16 ? Probe::Yes : Probe::No;
  return code == kVersion3 && size >= 9 && size < 10000 ? Probe::Yes : Probe::No;
}

}  // namespace

const ParserInfo& pgsql_info() noexcept {
  static constexpr ParserInfo kInfo{Protocol::Pgsql,
                                    true,
                                    false,
                                    probe_pgsql,
                                    [](const Limits& /*limits*/, const FlowInfo& /*flow*/) -> std::unique_ptr<Parser> {
                                      return std::make_unique<PgsqlParser>();
                                    },
                                    kEvents,
                                    0};
  return kInfo;
}

}  // namespace warder::ips::app
