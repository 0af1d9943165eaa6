#include "engines/loginspection/event.h"

#include <algorithm>
#include <array>

namespace warder::loginspection {

namespace {
constexpr std::size_t kBlockSize = 64 << 10;

constexpr std::array<std::string_view, kCategoryCount> kCategoryNames = {
    "syslog", "firewall", "ids", "web-log", "squid", "windows", "ossec", "host-information"};
}  // namespace

std::optional<Category> parse_category(std::string_view name) noexcept {
  const auto* const found = std::find(kCategoryNames.begin(), kCategoryNames.end(), name);
  if (found == kCategoryNames.end()) return std::nullopt;
  return static_cast<Category>(found - kCategoryNames.begin());
}

Event::Event(const FieldNames& names)
    : names_(names),
      slots_(names.size()),
      first_block_(std::make_unique<std::byte[]>(kBlockSize)),
      arena_(std::make_unique<std::pmr::monotonic_buffer_resource>(first_block_.get(), kBlockSize)) {
  others_.reserve(256);
  other_ids_.reserve(256);
}

void Event::begin(std::string_view line) {
  ++generation_;
  line_ = line;
  rewritten_.clear();
  others_.clear();
  other_ids_.clear();
  arena_->release();
  decoder = 0xffff'ffff;
  decoder_id = 0;
  category = Category::Syslog;
  matched_level = 0;
  referred_rule = 0xffff'ffff;
}

void Event::add(std::string_view name, FieldId id, std::string_view value) {
  others_.push_back({name, value});
  other_ids_.push_back(id);
  if (id == field::kNone) return;
  note_origin(value);
  if (!has(id)) set(id, value);
}

void Event::drop_other_fields(std::size_t count) {
  for (std::size_t i = others_.size() - count; i < others_.size(); ++i) {
    if (other_ids_[i] != field::kNone) unset(other_ids_[i]);
  }
  others_.resize(others_.size() - count);
  other_ids_.resize(others_.size());
}

std::span<char> Event::allocate(std::size_t size) {
  return {static_cast<char*>(arena_->allocate(std::max<std::size_t>(size, 1), 1)), size};
}

std::string_view Event::keep(std::string_view text) {
  const auto copy = allocate(text.size());
  std::copy(text.begin(), text.end(), copy.begin());
  return {copy.data(), copy.size()};
}

}  // namespace warder::loginspection
