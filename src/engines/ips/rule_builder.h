// A rule while its options are read: what keywords change.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "engines/ips/dataset.h"
#include "engines/ips/match_engine.h"
#include "engines/ips/rule.h"
#include "engines/ips/rule_text.h"
#include "engines/ips/variables.h"

namespace warder::ips {

/// Numbers for names, the same name always the same number.
class NameTable {
 public:
  std::uint32_t number(std::string_view name);
  [[nodiscard]] std::size_t size() const noexcept { return numbers_.size(); }

 private:
  std::map<std::string, std::uint32_t, std::less<>> numbers_;
};

/// Reads a file that a rule names (dataset, digest list), given the folder of the rule file. Content, or why not.
using ReadFile = std::function<Result<std::string>(std::string_view name)>;

/// What all rules of a set share while they are loaded.
struct LoadContext {
  Variables variables = Variables::defaults();
  std::unordered_map<std::string, AddressSet> address_lists;  // by text: few headers stand in many rules
  std::unordered_map<std::string, PortSet> port_lists;
  std::unordered_map<std::string, std::uint8_t> class_priorities;
  NameTable flowbits;
  NameTable xbits;
  NameTable flowints;
  NameTable reputation_categories;
  Datasets datasets;
  ReadFile read_file;
};

/// Which language a rule is written in where the two differ.
enum class Dialect : std::uint8_t { Suricata, Snort3 };

class RuleBuilder {
 public:
  RuleBuilder(LoadContext& context, Dialect dialect) : context_(context), dialect_(dialect) {}

  /// The rule of this text. Invalid says what is wrong.
  static Result<Rule> build(std::string_view text, LoadContext& context);

  [[nodiscard]] Rule& rule() noexcept { return rule_; }
  [[nodiscard]] LoadContext& context() noexcept { return context_; }
  [[nodiscard]] Dialect dialect() const noexcept { return dialect_; }

  /// A sticky buffer keyword: following items go there.
  Result<void> select(Place place, app::BufferId buffer = app::BufferId::Count,
                      std::optional<app::Direction> side = std::nullopt);
  /// frame: following items look at frames of this kind.
  Result<void> select_frame(const app::FrameRow& frame);
  /// Back to the payload.
  void select_payload();
  /// base64_data: following items go to what the last base64_decode decodes.
  Result<void> select_base64();
  Result<void> add_transform(Transform transform);

  /// Appends to this buffer, whichever is in effect (flags of pcre).
  Result<void> add_to_buffer(app::BufferId buffer, MatchItem item);
  /// Appends to the buffer in effect.
  void add(MatchItem item);
  /// The last content, for old-style modifiers. Invalid when there is none.
  Result<Content*> last_content();
  /// Moves the last content to another buffer (http_uri;). The other items stay.
  Result<void> move_last_content(app::BufferId buffer);
  /// The part that items go to now; null when none was begun.
  BufferPart* current_part();
  [[nodiscard]] bool is_in_buffer() const noexcept { return selected_ || in_base64_; }

  void add_test(std::unique_ptr<const PacketTest> test) {
    rule_.packet_tests.push_back(std::move(test));
    rule_.has_packet_condition = true;
  }
  /// One whose answer is the same for all packets of a flow.
  void add_flow_test(std::unique_ptr<const PacketTest> test) { rule_.packet_tests.push_back(std::move(test)); }
  void need_packet() noexcept { rule_.needs_packet = true; }
  /// Keywords of one application protocol bind the rule to it. Invalid when the header says another.
  Result<void> bind(app::Protocol protocol);
  /// A keyword that exists on one side only.
  void bind(app::Sides sides) noexcept { sides_ &= static_cast<unsigned>(sides); }

  /// The slot of a byte_extract or byte_math variable, made if `may_make`.
  Result<std::int16_t> variable(std::string_view name, bool may_make);
  /// A number or the name of a variable.
  Result<Operand> operand(std::string_view text);

 private:
  Result<void> read_header(const RuleParts& parts);
  Result<void> read_protocol(std::string_view name);
  Result<void> read_options(const RuleParts& parts);
  Result<void> finish();
  Result<void> finish_direction();
  void finish_payload();
  void finish_kind();
  std::vector<MatchItem>& items();
  std::size_t part_for(const BufferKey& key, bool may_join);

  LoadContext& context_;
  Dialect dialect_;
  Rule rule_;
  std::optional<BufferKey> selected_;  // sticky buffer without items yet or with
  std::optional<std::size_t> part_;    // where its items are
  bool in_base64_ = false;
  std::size_t base64_part_ = 0;
  std::optional<std::size_t> last_part_;       // of the last content
  std::optional<std::size_t> last_item_part_;  // of the last item
  std::vector<std::string> variables_;
  unsigned sides_ = 3;
};

}  // namespace warder::ips
