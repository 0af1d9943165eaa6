// Decoders: what a line is and which fields it has. Loaded from XML, run on an event.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engines/loginspection/definition.h"
#include "engines/loginspection/event.h"
#include "engines/loginspection/plugin.h"
#include "engines/loginspection/prefilter.h"
#include "rules/pattern.h"

namespace warder::loginspection {

inline constexpr std::uint32_t kAlwaysTried = 0xffff'ffff;

/// Where in the line a pattern starts to look.
enum class Offset : std::uint8_t { Start, AfterParent, AfterPrematch, AfterRegex };

struct OrderedField {
  std::string name;
  FieldId id = field::kNone;
};

struct Decoder {
  std::string name;  // as reported: the parent's, unless it has its own
  std::string own_name;
  std::uint32_t id = 0;  // of the reported name, from 1
  Category category = Category::Syslog;
  std::optional<rules::Pattern> program_name;
  std::optional<rules::Pattern> prematch;
  std::optional<rules::Pattern> regex;
  Offset prematch_offset = Offset::Start;
  Offset regex_offset = Offset::Start;
  Offset plugin_offset = Offset::Start;
  std::vector<OrderedField> order;
  Plugin plugin = nullptr;
  std::vector<FieldId> first_seen;  // fields of the key for if_fts
  bool has_first_seen = false;
  bool first_seen_by_location = false;
  bool uses_own_name = false;
  bool accumulates = false;
  bool keeps_json_null = true;
  bool lists_json_arrays = false;  // "a,b," instead of JSON
  bool goes_on = false;            // the next sibling is tried for more fields
  std::string parent;
  std::string file;
  std::size_t line = 0;
  std::vector<std::uint32_t> children;
  std::uint32_t prematch_bit = kAlwaysTried;
  std::uint32_t regex_bit = kAlwaysTried;
};

/// Immutable once loaded.
struct DecoderSet {
  std::vector<Decoder> all;
  std::vector<std::uint32_t> by_program;                  // top-level ones with a program name
  std::vector<std::uint32_t> by_text;                     // the others, tried on lines without one
  std::uint32_t first_text_bit = 0;                       // of by_text[0]; the others follow
  std::map<std::string, std::uint32_t, std::less<>> ids;  // while loading
  std::uint32_t max_id = 0;

  /// 0 when there is none of that name.
  [[nodiscard]] std::uint32_t id_of(std::string_view name) const noexcept {
    const auto found = ids.find(name);
    return found == ids.end() ? 0 : found->second;
  }
};

struct DecoderLoad {
  DecoderSet decoders;
  std::vector<Problem> problems;
};
DecoderLoad load_decoders(const Definition& definition, FieldNames& names);

/// Takes bits from `next_bit` on for the set's patterns and says what sets them.
void add_to_prefilter(DecoderSet& decoders, Prefilter::Builder& builder, std::uint32_t& next_bit);

/// Which top-level decoders a program name belongs to; bounded, so that names made up by an attacker do not fill it.
class ProgramCache {
 public:
  const std::vector<std::uint32_t>& find(const DecoderSet& decoders, std::string_view program,
                                         rules::Captures& captures);

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  std::unordered_map<std::string, std::vector<std::uint32_t>, Hash, std::equal_to<>> known_;
};

struct DecodeContext {
  const DecoderSet& decoders;
  const CandidateBits& candidates;
  rules::Captures& captures;
  ProgramCache& programs;
};
/// Sets the event's decoder, category and fields.
void decode(Event& event, const DecodeContext& context);

}  // namespace warder::loginspection
