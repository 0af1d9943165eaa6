// Both directions of an image in one place: a type lists its parts once, in `transfer`, for an ImageWriter and an
// ImageReader alike. What is read is checked as it comes; the first thing wrong ends the reading.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "engines/loginspection/lookup_list.h"
#include "rules/pattern.h"

namespace warder::loginspection {

/// The last value of an enumeration, from which on a number is none of it.
template <class Enum>
inline constexpr Enum kLastOf{};

class ImageWriter {
 public:
  static constexpr bool kReads = false;

  void integer(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) out_.push_back(static_cast<char>(value | 0x80U));
    out_.push_back(static_cast<char>(value));
  }
  void text(std::string_view value) {
    integer(value.size());
    out_.append(value);
  }
  std::string take() && { return std::move(out_); }
  void refuse() noexcept {}  // what is written is right
  /// Lists met so far.
  std::vector<std::shared_ptr<const LookupList>>& lists() noexcept { return lists_; }
  /// Of what is nested in itself.
  std::size_t& depth() noexcept { return depth_; }

 private:
  std::string out_;
  std::vector<std::shared_ptr<const LookupList>> lists_;
  std::size_t depth_ = 0;
};

class ImageReader {
 public:
  static constexpr bool kReads = true;

  explicit ImageReader(ByteView bytes) : bytes_(as_text(bytes)) {}

  std::uint64_t integer() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (at_ >= bytes_.size()) break;
      const auto byte = static_cast<unsigned char>(bytes_[at_++]);
      value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
      if (byte < 0x80) return value;
    }
    refuse();
    return 0;
  }
  std::string_view text() {
    const std::uint64_t size = integer();
    if (size > bytes_.size() - at_) {
      refuse();
      return {};
    }
    at_ += size;
    return bytes_.substr(at_ - size, size);
  }
  /// How many things follow; each takes a byte at least.
  std::size_t count() {
    const std::uint64_t number = integer();
    if (number <= bytes_.size() - at_) return number;
    refuse();
    return 0;
  }
  void refuse() noexcept {
    is_good_ = false;
    at_ = bytes_.size();
  }
  [[nodiscard]] bool is_good() const noexcept { return is_good_; }
  [[nodiscard]] bool is_at_end() const noexcept { return at_ == bytes_.size(); }
  std::vector<std::shared_ptr<const LookupList>>& lists() noexcept { return lists_; }
  std::size_t& depth() noexcept { return depth_; }

 private:
  std::string_view bytes_;
  std::vector<std::shared_ptr<const LookupList>> lists_;
  std::size_t depth_ = 0;
  std::size_t at_ = 0;
  bool is_good_ = true;
};

template <class Archive>
void transfer(Archive& archive, bool& value);
template <class Archive>
void transfer(Archive& archive, double& value);
template <class Archive>
void transfer(Archive& archive, std::string& value);
template <class Archive>
void transfer(Archive& archive, std::optional<rules::Pattern>& value);
template <class Archive>
void transfer(Archive& archive, std::shared_ptr<const rules::Pattern>& value);
template <class Archive, std::integral Number>
void transfer(Archive& archive, Number& value);
template <class Archive, class Enum>
requires std::is_enum_v<Enum>
void transfer(Archive& archive, Enum& value);
template <class Archive, class T>
void transfer(Archive& archive, std::optional<T>& value);
template <class Archive, class A, class B>
void transfer(Archive& archive, std::pair<A, B>& value);
template <class Archive, class T>
void transfer(Archive& archive, std::vector<T>& values);
template <class Archive, class T, std::size_t N>
void transfer(Archive& archive, std::array<T, N>& values);

/// A type's parts, in their order.
template <class Archive, class... Parts>
void transfer_all(Archive& archive, Parts&... parts) {
  (transfer(archive, parts), ...);
}

template <class Archive, std::integral Number>
void transfer(Archive& archive, Number& value) {
  if constexpr (Archive::kReads) {
    const std::uint64_t read = archive.integer();
    value = static_cast<Number>(read);
    if (static_cast<std::uint64_t>(value) != read) archive.refuse();
  } else {
    archive.integer(static_cast<std::uint64_t>(value));
  }
}

template <class Archive>
void transfer(Archive& archive, bool& value) {
  std::uint8_t number = value ? 1 : 0;
  transfer(archive, number);
  value = number != 0;
}

template <class Archive>
void transfer(Archive& archive, double& value) {
  auto bits = std::bit_cast<std::uint64_t>(value);
  transfer(archive, bits);
  value = std::bit_cast<double>(bits);
}

template <class Archive, class Enum>
requires std::is_enum_v<Enum>
void transfer(Archive& archive, Enum& value) {
  auto number = static_cast<std::uint8_t>(value);
  transfer(archive, number);
  if constexpr (Archive::kReads) {
    if (number > static_cast<std::uint8_t>(kLastOf<Enum>)) {
      archive.refuse();
      number = 0;
    }
    value = static_cast<Enum>(number);
  }
}

template <class Archive>
void transfer(Archive& archive, std::string& value) {
  if constexpr (Archive::kReads) {
    value = archive.text();
  } else {
    archive.text(value);
  }
}

/// Its language and text; it is compiled when it is needed.
template <class Archive>
void transfer(Archive& archive, std::optional<rules::Pattern>& value) {
  bool is_there = value.has_value();
  transfer(archive, is_there);
  if (!is_there) return;
  auto language = is_there && value ? value->language() : rules::PatternLanguage::OsMatch;
  transfer(archive, language);
  if constexpr (Archive::kReads) {
    auto pattern = rules::Pattern::compile_later(language, archive.text());
    pattern ? static_cast<void>(value.emplace(std::move(*pattern))) : archive.refuse();
  } else {
    archive.text(value->text());
  }
}

template <class Archive>
void transfer(Archive& archive, std::shared_ptr<const rules::Pattern>& value) {
  if constexpr (Archive::kReads) {
    std::optional<rules::Pattern> pattern;
    transfer(archive, pattern);
    if (pattern) value = std::make_shared<const rules::Pattern>(std::move(*pattern));
  } else {
    bool is_there = value != nullptr;
    transfer(archive, is_there);
    if (!is_there) return;
    auto language = value->language();
    transfer(archive, language);
    archive.text(value->text());
  }
}

template <class Archive, class T>
void transfer(Archive& archive, std::optional<T>& value) {
  bool is_there = value.has_value();
  transfer(archive, is_there);
  if (!is_there) return;
  if constexpr (Archive::kReads) value.emplace();
  transfer(archive, *value);
}

template <class Archive, class A, class B>
void transfer(Archive& archive, std::pair<A, B>& value) {
  transfer_all(archive, value.first, value.second);
}

template <class Archive, class T>
void transfer(Archive& archive, std::vector<T>& values) {
  if constexpr (Archive::kReads) {
    values.clear();
    const std::size_t count = archive.count();
    values.reserve(std::min<std::size_t>(count, 1U << 16U));
    for (std::size_t i = 0; i < count && archive.is_good(); ++i) {
      values.emplace_back();
      transfer(archive, values.back());
    }
  } else {
    archive.integer(values.size());
    for (T& value : values) transfer(archive, value);
  }
}

template <class Archive, class T, std::size_t N>
void transfer(Archive& archive, std::array<T, N>& values) {
  for (T& value : values) transfer(archive, value);
}

}  // namespace warder::loginspection
