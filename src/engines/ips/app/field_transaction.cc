#include "engines/ips/app/field_transaction.h"

#include <algorithm>

namespace warder::ips::app {

void FieldTransaction::put(BufferId which, Direction direction, std::string_view text) {
  if (texts_.size() >= kMaxFields || stored_bytes_ + text.size() > kMaxStoredBytes) return;
  stored_bytes_ += text.size();
  texts_.push_back({which, direction, std::string{text}});
  touch(direction);
}

void FieldTransaction::put(NumberId which, Direction direction, std::uint64_t value) {
  if (values_.size() >= kMaxFields) return;
  values_.push_back({which, direction, value});
  touch(direction);
}

File& FieldTransaction::add_file(Direction direction, std::unique_ptr<File> file) {
  auto& list = files_[index(direction)];
  list.push_back(std::move(file));
  touch(direction);
  return *list.back();
}

File* FieldTransaction::newest_file(Direction direction) const noexcept {
  const auto& list = files_[index(direction)];
  return list.empty() ? nullptr : list.back().get();
}

bool FieldTransaction::has(BufferId which) const noexcept {
  return std::any_of(texts_.begin(), texts_.end(), [&](const Text& text) { return text.id == which; });
}

BufferView FieldTransaction::buffer(BufferId which, Direction direction, std::size_t instance) {
  if (which == BufferId::FileData || which == BufferId::FileName) {
    const auto& list = files_[index(direction)];
    if (instance < list.size()) {
      const File& file = *list[instance];
      return which == BufferId::FileData ? file.view() : BufferView::complete(as_bytes(file.name()));
    }
  }
  for (const Text& text : texts_) {
    if (text.id != which || text.direction != direction) continue;
    if (instance == 0) return BufferView::complete(as_bytes(text.bytes));
    --instance;
  }
  return is_complete(direction) ? BufferView::absent() : BufferView::pending();
}

std::optional<std::uint64_t> FieldTransaction::number(NumberId which, Direction direction, std::size_t instance) {
  for (const Value& value : values_) {
    if (value.id != which || value.direction != direction) continue;
    if (instance == 0) return value.value;
    --instance;
  }
  return std::nullopt;
}

std::span<const std::unique_ptr<File>> FieldTransaction::files(Direction direction) {
  return files_[index(direction)];
}

}  // namespace warder::ips::app
