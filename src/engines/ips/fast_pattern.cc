#include "engines/ips/fast_pattern.h"

#include <algorithm>
#include <array>

namespace warder::ips {

namespace {

// Bytes that are everywhere are worth little.
int worth(std::uint8_t byte) noexcept {
  if (byte == 0 || byte == 0xff || byte == ' ' || byte == '\r' || byte == '\n') return 1;
  if (byte == 'e' || byte == 't' || byte == 'a' || byte == 'o' || byte == 'i' || byte == 'n') return 3;
  return 4;
}

constexpr std::size_t kLongest = kLongestPattern;  // more finds nothing more

struct Scored {
  int score = -1;
  Literal literal;
};

int score(ByteView bytes) noexcept {
  int sum = 0;
  std::array<bool, 256> seen{};
  for (const auto byte : bytes) {
    sum += seen[byte] ? 1 : worth(byte);
    seen[byte] = true;
  }
  return sum;
}

Scored consider(const Content& content, bool is_asked_for) {
  ByteView bytes = content.bytes;
  if (content.fast_length != 0) bytes = bytes.subspan(content.fast_offset, content.fast_length);
  if (bytes.size() > kLongest) {
    // The best window of a long literal.
    ByteView best = bytes.first(kLongest);
    for (std::size_t at = 1; at + kLongest <= bytes.size(); ++at) {
      if (score(bytes.subspan(at, kLongest)) > score(best)) best = bytes.subspan(at, kLongest);
    }
    bytes = best;
  }
  Scored scored;
  scored.score = score(bytes) + (is_asked_for && bytes.size() >= 4 ? 1000 : 0);
  scored.literal.bytes.assign(bytes.begin(), bytes.end());
  scored.literal.is_nocase = content.is_nocase;
  return scored;
}

Scored best_of(const BufferPart& part) {
  Scored best;
  if (part.may_be_absent || part.must_be_absent) return best;
  for (const auto& item : part.items) {
    const auto* const content = std::get_if<Content>(&item.item);
    if (content == nullptr || content->is_negated) continue;
    auto scored = consider(*content, content->is_fast_pattern);
    if (scored.score > best.score) best = std::move(scored);
  }
  return best;
}

}  // namespace

std::optional<Literal> choose_pattern(const BufferPart& part) {
  auto best = best_of(part);
  if (best.score < 0) return std::nullopt;
  return std::move(best.literal);
}

std::optional<ChosenPart> choose_part(const Rule& rule) {
  Scored best;
  std::size_t place = 0;
  for (std::size_t i = 0; i < rule.parts.size(); ++i) {
    if (rule.parts[i].key.place != Place::Application) continue;
    auto scored = best_of(rule.parts[i]);
    if (scored.score > best.score) {
      best = std::move(scored);
      place = i;
    }
  }
  if (best.score < 0) return std::nullopt;
  return ChosenPart{place, std::move(best.literal)};
}

}  // namespace warder::ips
