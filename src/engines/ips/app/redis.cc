#include "engines/ips/app/redis.h"

#include <algorithm>
#include <array>

#include "engines/ips/app/field_transaction.h"
#include "engines/ips/app/text_line.h"

namespace warder::ips::app {
namespace {

constexpr std::size_t kMaxArguments = 1024;
constexpr std::size_t kKept = 16UL * 1024;  // of one argument
constexpr std::size_t kMaxLine = 64;

class RedisParser final : public Parser {
 public:
  Fed feed(Direction direction, ByteView bytes) override {
    if (direction == Direction::ToClient) return Fed::ok(bytes.size());
    std::size_t consumed = 0;
    while (consumed < bytes.size()) {
      const std::string_view rest = as_text(bytes.subspan(consumed));
      if (skip_ > 0) {
        const std::size_t part = std::min(skip_, rest.size());
        skip_ -= part;
        consumed += part;
        continue;
      }
      const auto line = find_line(rest.substr(0, kMaxLine));
      if (!line) return rest.size() < kMaxLine ? Fed::ok(consumed) : Fed::error();
      const auto number = find_decimal(line->text.substr(std::min<std::size_t>(1, line->text.size())));
      if (!number) return Fed::error();
      if (line->text[0] == '*' && left_ == 0) {
        left_ = *number;
        consumed += line->size;
        if (left_ > kMaxArguments) return Fed::error();
        command_ = std::make_unique<FieldTransaction>();
      } else if (line->text[0] == '$' && left_ > 0) {
        const std::size_t kept = std::min<std::size_t>(*number, kKept);
        if (rest.size() < line->size + kept) return Fed::ok(consumed, line->size + kept);
        command_->put(BufferId::RedisCommand, Direction::ToServer, rest.substr(line->size, kept));
        consumed += line->size + kept;
        skip_ = *number - kept + 2;  // with the line end
        --left_;
      } else {
        return Fed::error();
      }
      if (left_ == 0) finish();
    }
    return Fed::ok(consumed);
  }

  void end(Direction /*direction*/, ByteView /*rest*/) override {}

 private:
  void finish() {
    command_->complete_only(Direction::ToServer);
    transactions_.add(std::move(command_));
  }

  std::unique_ptr<FieldTransaction> command_;
  std::uint32_t left_ = 0;  // arguments still to come
  std::size_t skip_ = 0;
};

Probe probe_redis(Direction direction, ByteView bytes, const ProbeHint& /*hint*/) {
  if (direction == Direction::ToClient || bytes[0] != '*') return Probe::No;
  const std::string_view text = as_text(bytes.first(std::min(bytes.size(), kMaxLine)));
  const auto line = find_line(text);
  if (!line)
    return text.find_first_not_of("*0123456789\r") == std::string_view::npos && text.size() < 8 ? Probe::More
                                                                                                : Probe::No;
  const auto count = find_decimal(line->text.substr(1));
  if (!count || *count == 0 || *count > kMaxArguments) return Probe::No;
  if (text.size() == line->size) return Probe::More;
  return text[line->size] == '$' ? Probe::Yes : Probe::No;
}

}  // namespace

const ParserInfo& redis_info() noexcept {
  static constexpr ParserInfo kInfo{Protocol::Redis,
                                    true,
                                    false,
                                    probe_redis,
                                    [](const Limits& /*limits*/, const FlowInfo& /*flow*/) -> std::unique_ptr<Parser> {
                                      return std::make_unique<RedisParser>();
                                    },
                                    {},
                                    0};
  return kInfo;
}

}  // namespace warder::ips::app
