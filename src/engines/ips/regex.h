// PCRE2 with just-in-time compilation and limits on the work that one search may do.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace warder::ips {

/// Thread-safe; translated to machine code by the first search.
class Regex {
 public:
  struct Options {
    bool is_caseless = false;         // i
    bool dot_matches_all = false;     // s
    bool is_multiline = false;        // m
    bool is_extended = false;         // x
    bool is_anchored = false;         // A
    bool is_dollar_end_only = false;  // E
    bool is_ungreedy = false;         // G
  };
  /// Invalid with the place in the pattern.
  static Result<std::shared_ptr<const Regex>> compile(std::string_view pattern, const Options& options);
  ~Regex();
  Regex(const Regex&) = delete;
  Regex& operator=(const Regex&) = delete;

  /// Room for a search; for one thread at a time.
  class Memory {
   public:
    Memory();
    ~Memory();
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;

   private:
    friend class Regex;
    struct Parts;
    std::unique_ptr<Parts> parts_;
  };

  struct Found {
    std::size_t begin;
    std::size_t end;
  };
  /// The whole of the first match, or a group of it. Nothing when there is no match or the limits were reached.
  [[nodiscard]] std::optional<Found> search(ByteView subject, Memory& memory, unsigned group = 0) const;

 private:
  struct Compiled;
  explicit Regex(std::unique_ptr<Compiled> compiled);
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace warder::ips
