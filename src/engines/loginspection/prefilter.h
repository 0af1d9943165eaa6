// One pass over a line says which patterns can match it: each pattern that must contain one of some strings has a bit,
// which is set when one of them is there. A pattern of which nothing is known has its bit always set.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace warder::loginspection {

class ImageReader;
class ImageWriter;

/// A set of bits that is cleared and filled again for each line.
class CandidateBits {
 public:
  [[nodiscard]] bool has(std::uint32_t bit) const noexcept { return (words_[bit / 64] >> (bit % 64) & 1) != 0; }
  /// The first candidate from `first` on that is also in `mask` (as many words, or null for all); `end` for none below.
  [[nodiscard]] std::uint32_t next(std::uint32_t first, std::uint32_t end,
                                   const std::uint64_t* mask = nullptr) const noexcept;
  void add(const CandidateBits& other) noexcept;

 private:
  friend class Prefilter;
  std::vector<std::uint64_t> words_;
  std::vector<std::uint64_t> filled_;  // a bit for each word that may have one: few of many rules are candidates
};

/// Immutable and thread-safe once built.
class Prefilter {
 public:
  class Builder {
   public:
    /// `bit` is set by a line that has one of the strings (lower case); called at most once for a bit.
    void add(std::uint32_t bit, const std::vector<std::string>& any_of);
    Result<Prefilter> build(std::uint32_t bit_count) &&;

   private:
    std::map<std::string, std::vector<std::uint32_t>, std::less<>> bits_of_;
    std::vector<std::uint32_t> conditional_;
  };

  /// The matcher's working memory; one for each thread.
  class Scratch {
   public:
    explicit Scratch(const Prefilter& prefilter);
    Scratch(Scratch&&) noexcept;
    Scratch& operator=(Scratch&&) noexcept;
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    ~Scratch();

   private:
    friend class Prefilter;
    void* memory_ = nullptr;
  };

  Prefilter(Prefilter&&) noexcept;
  Prefilter& operator=(Prefilter&&) noexcept;
  Prefilter(const Prefilter&) = delete;
  Prefilter& operator=(const Prefilter&) = delete;
  ~Prefilter();

  /// Sets `candidates` to what can match the line, upper and lower case being the same.
  void scan(std::string_view line, Scratch& scratch, CandidateBits& candidates) const;
  [[nodiscard]] std::size_t literal_count() const noexcept;
  [[nodiscard]] std::size_t bit_count() const noexcept;

  /// False when the matcher cannot be written.
  [[nodiscard]] bool write(ImageWriter& image) const;
  /// Conflict when it was made for another processor or by another version of the matcher.
  static Result<Prefilter> read(ImageReader& image);

 private:
  struct Tables;
  explicit Prefilter(std::unique_ptr<const Tables> tables) noexcept;
  std::unique_ptr<const Tables> tables_;
};

}  // namespace warder::loginspection
