// One line while it is being looked at: its parts and the fields that decoders found. Reused from line to line.
#pragma once

#include <memory>
#include <memory_resource>
#include <span>
#include <string_view>
#include <vector>

#include "engines/loginspection/engine.h"
#include "engines/loginspection/field_names.h"

namespace warder::loginspection {

/// What a decoder says a line is; only rules below the root of that category are tried.
enum class Category : std::uint8_t { Syslog, Firewall, Ids, WebLog, Squid, Windows, Ossec, HostInformation };
inline constexpr std::size_t kCategoryCount = 8;
std::optional<Category> parse_category(std::string_view name) noexcept;

class Event {
 public:
  explicit Event(const FieldNames& names);

  /// Forgets the line before; `line` is where values are expected to point into.
  void begin(std::string_view line);

  /// Another one for each line; never 0.
  [[nodiscard]] std::uint64_t generation() const noexcept { return generation_; }

  [[nodiscard]] bool has(FieldId id) const noexcept { return slots_[id].generation == generation_; }
  /// Empty when it has none.
  [[nodiscard]] std::string_view value(FieldId id) const noexcept {
    return has(id) ? slots_[id].value : std::string_view();
  }
  /// A fixed field: the last value holds.
  void set(FieldId id, std::string_view value) {
    slots_[id] = {value, generation_};
    if (id < field::kDecodedCount) note_origin(value);
  }
  void unset(FieldId id) noexcept { slots_[id].generation = 0; }
  /// Any other: the first value of a name holds for rules; all are shown.
  void add(std::string_view name, FieldId id, std::string_view value);
  /// The same for a name that may or may not be mentioned anywhere.
  void add(std::string_view name, std::string_view value) { add(name, names_.find(name), value); }

  [[nodiscard]] std::span<const Field> other_fields() const noexcept { return others_; }
  void drop_other_fields(std::size_t count);

  /// A copy that lives as long as the line does.
  std::string_view keep(std::string_view text);
  std::span<char> allocate(std::size_t size);

  /// Values that do not stand in the line as they are: unescaped, put together, or said by a decoder.
  [[nodiscard]] std::span<const std::string_view> rewritten() const noexcept { return rewritten_; }

  std::uint32_t decoder = 0xffff'ffff;  // index, or this for none
  std::uint32_t decoder_id = 0;         // of its name; 0: none
  Category category = Category::Syslog;
  unsigned matched_level = 0;                 // of the composite rule that has counted this line
  std::uint32_t referred_rule = 0xffff'ffff;  // of a line that is itself an alert

 private:
  struct Slot {
    std::string_view value;
    std::uint64_t generation = 0;
  };
  void note_origin(std::string_view value) {
    const auto at = reinterpret_cast<std::uintptr_t>(value.data());
    const auto line = reinterpret_cast<std::uintptr_t>(line_.data());
    if (at < line || at > line + line_.size()) rewritten_.push_back(value);
  }

  const FieldNames& names_;
  std::string_view line_;
  std::vector<std::string_view> rewritten_;
  std::vector<Slot> slots_;
  std::vector<Field> others_;
  std::vector<FieldId> other_ids_;
  std::uint64_t generation_ = 1;
  std::unique_ptr<std::byte[]> first_block_;
  std::unique_ptr<std::pmr::monotonic_buffer_resource> arena_;
};

}  // namespace warder::loginspection
