#include "engines/loginspection/image.h"

#include <algorithm>

#include "base/text.h"
#include "crypto/hash.h"
#include "engines/loginspection/compiled.h"
#include "engines/loginspection/image_archive.h"

namespace warder::loginspection {

namespace {
constexpr std::string_view kMagic = "warder-log-rules";
constexpr std::uint32_t kVersion = 1;  // goes up with every change of what is written
}  // namespace

template <>
inline constexpr rules::PatternLanguage kLastOf<rules::PatternLanguage> = rules::PatternLanguage::Pcre2Caseless;
template <>
inline constexpr Dialect kLastOf<Dialect> = Dialect::Wazuh;
template <>
inline constexpr Category kLastOf<Category> = Category::HostInformation;
template <>
inline constexpr Offset kLastOf<Offset> = Offset::AfterRegex;
template <>
inline constexpr Lookup kLastOf<Lookup> = Lookup::AddressMatchKeyValue;
template <>
inline constexpr SigmaValue::Kind kLastOf<SigmaValue::Kind> = SigmaValue::Kind::OtherField;
template <>
inline constexpr SigmaNode::Kind kLastOf<SigmaNode::Kind> = SigmaNode::Kind::Keyword;
template <>
inline constexpr SigmaCorrelation::Kind kLastOf<SigmaCorrelation::Kind> = SigmaCorrelation::Kind::TemporalOrdered;

// One overload for each type, found by its archive.

template <class Archive>
void transfer(Archive& archive, AddressList::Network& value) {
  transfer_all(archive, value.bytes, value.bits, value.is_excluded);
  if (value.bits > 128) value.bits = 128;
}

template <class Archive>
void transfer(Archive& archive, AddressList& value) {
  transfer(archive, value.networks());
}

template <class Archive>
void transfer(Archive& archive, Condition& value) {
  transfer_all(archive, value.field, value.is_user, value.is_negated, value.pattern, value.addresses, value.text);
}

/// Function pointers go by the names that rules give them.
template <class Archive, class Function, class Find, class Name>
void transfer_function(Archive& archive, Function& function, Find find, Name name) {
  std::string text(function == nullptr ? std::string_view() : name(function));
  transfer(archive, text);
  if constexpr (Archive::kReads) {
    function = text.empty() ? nullptr : find(text);
    if (function == nullptr && !text.empty()) archive.refuse();
  }
}

template <class Archive>
void transfer(Archive& archive, Check& value) {
  transfer_function(archive, value, find_check, [](Check check) { return name_of_check(check); });
}

template <class Archive>
void transfer(Archive& archive, DayTime& value) {
  transfer_all(archive, value.from_minute, value.to_minute, value.is_outside);
}

template <class Archive>
void transfer(Archive& archive, Composite& value) {
  transfer_all(archive, value.earlier, value.timeframe_s, value.source, value.same, value.different,
               value.different_and_there);
}

template <class Archive>
void transfer(Archive& archive, Rule& value) {
  transfer_all(archive, value.id, value.level, value.description, value.groups, value.mitre, value.infos, value.file,
               value.line, value.is_logged, value.is_full_log_kept);
}

/// Many rules may ask the same list: it is written where it is met first.
template <class Archive>
void transfer(Archive& archive, std::shared_ptr<const LookupList>& value) {
  auto& lists = archive.lists();
  if constexpr (Archive::kReads) {
    const std::uint64_t number = archive.integer();
    if (number == 0) return;
    if (number <= lists.size()) {
      value = lists[number - 1];
    } else if (number == lists.size() + 1) {
      std::vector<std::pair<std::string, std::string>> entries;
      transfer(archive, entries);
      value = lists.emplace_back(std::make_shared<const LookupList>(std::move(entries)));
    } else {
      archive.refuse();
    }
  } else {
    if (value == nullptr) return archive.integer(0);
    const auto known = std::find(lists.begin(), lists.end(), value);
    archive.integer(static_cast<std::uint64_t>(known - lists.begin()) + 1);
    if (known != lists.end()) return;
    lists.push_back(value);
    auto entries = value->entries();
    transfer(archive, entries);
  }
}

template <class Archive>
void transfer(Archive& archive, ListCondition& value) {
  transfer_all(archive, value.field, value.is_user, value.lookup, value.list, value.value);
}

template <class Archive>
void transfer(Archive& archive, CompiledRule& value) {
  transfer_all(archive, value.info, value.order_level, value.category, value.decoded_as, value.conditions, value.lists,
               value.checks, value.min_bytes, value.day_time, value.week_days, value.is_first_seen,
               value.is_changed_output, value.is_silent, value.ignore_s, value.ignored_fields, value.checked_if_ignored,
               value.composite, value.sources);
}

template <class Archive>
void transfer(Archive& archive, RuleNode& value) {
  transfer_all(archive, value.rule, value.first_child, value.child_count);
}

template <class Archive>
void transfer(Archive& archive, Source& value) {
  transfer_all(archive, value.rule_id, value.composites, value.pattern, value.category);
}

template <class Archive>
void transfer(Archive& archive, RuleSet& value) {
  transfer_all(archive, value.rules, value.nodes, value.root_count, value.second_level_end, value.sources,
               value.pattern_sources);
}

template <class Archive>
void transfer(Archive& archive, OrderedField& value) {
  transfer_all(archive, value.name, value.id);
}

template <class Archive>
void transfer(Archive& archive, Decoder& value) {
  transfer_all(archive, value.name, value.own_name, value.id, value.category, value.program_name, value.prematch,
               value.regex, value.prematch_offset, value.regex_offset, value.plugin_offset, value.order,
               value.first_seen, value.has_first_seen, value.first_seen_by_location, value.uses_own_name,
               value.accumulates, value.keeps_json_null, value.lists_json_arrays, value.goes_on, value.parent,
               value.file, value.line, value.children, value.prematch_bit, value.regex_bit);
  transfer_function(archive, value.plugin, find_plugin, [](Plugin plugin) { return name_of_plugin(plugin); });
}

template <class Archive>
void transfer(Archive& archive, DecoderSet& value) {
  transfer_all(archive, value.all, value.by_program, value.by_text, value.first_text_bit, value.max_id);
}

template <class Archive>
void transfer(Archive& archive, SigmaField& value) {
  transfer_all(archive, value.name, value.ids, value.is_in_text);
}

template <class Archive>
void transfer(Archive& archive, SigmaValue& value) {
  transfer_all(archive, value.kind, value.is_wanted, value.number, value.pattern, value.network, value.other);
  if (value.kind == SigmaValue::Kind::Pattern && value.pattern == nullptr) value.kind = SigmaValue::Kind::Null;
}

/// Nodes are as deep as conditions were read, which is bounded; a reader must not believe that.
template <class Archive>
void transfer(Archive& archive, SigmaNode& value) {
  if (archive.depth() > 64) return archive.refuse();
  ++archive.depth();
  transfer_all(archive, value.kind, value.children, value.field, value.values, value.needs_all_values);
  --archive.depth();
  if (value.kind == SigmaNode::Kind::Not && value.children.empty()) archive.refuse();
}

template <class Archive>
void transfer(Archive& archive, SigmaRule& value) {
  transfer_all(archive, value.id, value.title, value.author, value.level, value.tags, value.mitre, value.file,
               value.line);
}

template <class Archive>
void transfer(Archive& archive, CompiledSigmaRule& value) {
  transfer_all(archive, value.info, value.name, value.source.programs, value.source.is_audit, value.source.is_web,
               value.condition, value.is_reported, value.bit);
}

template <class Archive>
void transfer(Archive& archive, SigmaCorrelation& value) {
  transfer_all(archive, value.info, value.kind, value.rules, value.group_by, value.values, value.timespan_s,
               value.at_least, value.is_exactly);
}

template <class Archive>
void transfer(Archive& archive, FieldNames& value) {
  auto names = value.in_order();
  transfer(archive, names);
  if constexpr (Archive::kReads) {
    for (const std::string& name : names) value.number(name);
  }
}

template <class Archive>
void transfer(Archive& archive, Compiled& value) {
  transfer_all(archive, value.dialect, value.names, value.decoders, value.rules, value.sigma.rules,
               value.sigma.correlations);
}

namespace {

template <class Numbers>
bool are_below(const Numbers& numbers, std::size_t end) noexcept {
  return std::all_of(numbers.begin(), numbers.end(), [&](auto number) { return number < end; });
}

/// Whether every number that stands for a thing stands for one that is there.
class Consistency {
 public:
  Consistency(const Compiled& compiled, std::size_t bits) : compiled_(compiled), bits_(bits) {}

  [[nodiscard]] bool holds() const {
    const RuleSet& rules = compiled_.rules;
    const DecoderSet& decoders = compiled_.decoders;
    return decoders.max_id <= decoders.all.size() + kMostOtherNames && nodes_hold() &&
           std::all_of(rules.rules.begin(), rules.rules.end(), [&](const auto& rule) { return rule_holds(rule); }) &&
           std::all_of(rules.sources.begin(), rules.sources.end(),
                       [&](const auto& one) { return source_holds(one); }) &&
           are_below(rules.pattern_sources, rules.sources.size()) &&
           are_below(decoders.by_program, decoders.all.size()) && are_below(decoders.by_text, decoders.all.size()) &&
           decoders.first_text_bit + decoders.by_text.size() <= bits_ &&
           std::all_of(decoders.by_program.begin(), decoders.by_program.end(),
                       [&](auto index) { return decoders.all[index].program_name.has_value(); }) &&
           std::all_of(decoders.all.begin(), decoders.all.end(), [&](const auto& one) { return decoder_holds(one); }) &&
           sigma_holds();
  }

 private:
  [[nodiscard]] bool is_field(FieldId id) const noexcept { return id < compiled_.names.size(); }
  [[nodiscard]] bool are_fields(const std::vector<FieldId>& ids) const noexcept {
    return are_below(ids, compiled_.names.size());
  }
  [[nodiscard]] bool is_bit(std::uint32_t bit) const noexcept { return bit == kAlwaysTried || bit < bits_; }

  /// Children stand behind their parents, so no walk goes round in circles.
  [[nodiscard]] bool nodes_hold() const {
    const RuleSet& rules = compiled_.rules;
    const std::size_t count = rules.nodes.size();
    if (rules.root_count > count || rules.second_level_end > count || count > bits_) return false;
    for (std::size_t i = 0; i < count; ++i) {
      const RuleNode& node = rules.nodes[i];
      if (node.rule >= rules.rules.size() || node.child_count > count) return false;
      if (node.child_count != 0 && (node.first_child <= i || node.first_child > count - node.child_count)) return false;
    }
    return true;
  }

  [[nodiscard]] bool condition_holds(const Condition& condition) const noexcept { return is_field(condition.field); }

  [[nodiscard]] bool rule_holds(const CompiledRule& rule) const {
    if (rule.decoded_as > compiled_.decoders.max_id || rule.info.level > 16) return false;
    if (!are_fields(rule.ignored_fields) || !are_fields(rule.checked_if_ignored)) return false;
    if (!are_below(rule.sources, compiled_.rules.sources.size())) return false;
    for (const Condition& condition : rule.conditions) {
      if (!condition_holds(condition)) return false;
    }
    for (const ListCondition& list : rule.lists) {
      if (!is_field(list.field)) return false;
    }
    if (std::find(rule.checks.begin(), rule.checks.end(), nullptr) != rule.checks.end()) return false;
    if (!rule.composite) return true;
    const Composite& composite = *rule.composite;
    return (composite.source == kNoIndex || composite.source < compiled_.rules.sources.size()) &&
           composite.earlier <= 10'000 && are_fields(composite.same) && are_fields(composite.different) &&
           are_fields(composite.different_and_there);
  }

  [[nodiscard]] bool source_holds(const Source& source) const {
    const auto is_composite = [&](std::uint32_t rule) {
      return rule < compiled_.rules.rules.size() && compiled_.rules.rules[rule].composite.has_value();
    };
    return std::all_of(source.composites.begin(), source.composites.end(), is_composite);
  }

  [[nodiscard]] bool decoder_holds(const Decoder& decoder) const {
    const auto is_ordered = [&](const OrderedField& field) { return is_field(field.id); };
    return decoder.id <= compiled_.decoders.max_id && is_bit(decoder.prematch_bit) && is_bit(decoder.regex_bit) &&
           are_fields(decoder.first_seen) && are_below(decoder.children, compiled_.decoders.all.size()) &&
           std::all_of(decoder.order.begin(), decoder.order.end(), is_ordered);
  }

  [[nodiscard]] bool node_holds(const SigmaNode& node) const {
    const auto inner = [&](const SigmaNode& child) { return node_holds(child); };
    const auto value = [&](const SigmaValue& one) { return are_fields(one.other.ids); };
    return are_fields(node.field.ids) && std::all_of(node.children.begin(), node.children.end(), inner) &&
           std::all_of(node.values.begin(), node.values.end(), value);
  }

  [[nodiscard]] bool sigma_holds() const {
    const auto& rules = compiled_.sigma.rules;
    for (std::size_t i = 0; i < rules.size(); ++i) {
      if (rules[i].bit >= bits_ || rules[i].bit != rules[0].bit + i || !node_holds(rules[i].condition)) return false;
    }
    for (const SigmaCorrelation& one : compiled_.sigma.correlations) {
      if (!are_below(one.rules, compiled_.sigma.rules.size())) return false;
      for (const auto* const fields : {&one.group_by, &one.values}) {
        for (const SigmaField& field : *fields) {
          if (!are_fields(field.ids)) return false;
        }
      }
    }
    return true;
  }

  static constexpr std::size_t kMostOtherNames = 64;  // that rules can name and no decoder has

  const Compiled& compiled_;
  std::size_t bits_;
};

}  // namespace

std::string source_of(const Definition& definition) {
  crypto::Sha256 hash;
  const auto add = [&](std::string_view text) {
    const std::string size = std::to_string(text.size()) + ':';
    hash.update(as_bytes(size));
    hash.update(as_bytes(text));
  };
  add(definition.dialect == Dialect::Ossec ? "ossec" : "wazuh");
  for (const auto* const texts : {&definition.decoders, &definition.rules, &definition.lists, &definition.sigma}) {
    add(std::to_string(texts->size()));
    for (const SourceText& source : *texts) {
      add(source.name);
      add(source.text);
    }
  }
  return to_hex(hash.finish());
}

std::string save_image(const Compiled& compiled, std::string_view source) {
  ImageWriter body;
  if (!compiled.prefilter.write(body)) return {};
  transfer(body, const_cast<Compiled&>(compiled));  // the writer changes nothing
  const std::string bytes = std::move(body).take();
  ImageWriter image;
  image.text(kMagic);
  image.integer(kVersion);
  image.text(source);
  image.text(as_text(crypto::sha256(as_bytes(bytes))));
  image.text(bytes);
  return std::move(image).take();
}

Result<std::string> image_source(ByteView bytes) {
  ImageReader image(bytes);
  if (image.text() != kMagic) return fail(ErrorCode::Corrupt, "is no image of log rules");
  if (image.integer() != kVersion) return fail(ErrorCode::Conflict, "was made by another version");
  std::string source(image.text());
  if (!image.is_good()) return fail(ErrorCode::Corrupt, "is damaged");
  return source;
}

Result<std::shared_ptr<const Compiled>> load_image(ByteView bytes, std::string_view source) {
  ImageReader image(bytes);
  if (image.text() != kMagic) return fail(ErrorCode::Corrupt, "is no image of log rules");
  if (image.integer() != kVersion) return fail(ErrorCode::Conflict, "was made by another version");
  if (image.text() != source) return fail(ErrorCode::Conflict, "was made from other rules");
  const std::string_view digest = image.text();
  const std::string_view body_text = image.text();
  if (!image.is_good() || !image.is_at_end() || digest != as_text(crypto::sha256(as_bytes(body_text)))) {
    return fail(ErrorCode::Corrupt, "is damaged");
  }
  ImageReader body(as_bytes(body_text));
  auto prefilter = WD_TRY(Prefilter::read(body));
  const std::size_t bits = prefilter.bit_count();
  auto compiled = std::make_shared<Compiled>(Dialect::Wazuh, FieldNames{}, DecoderSet{}, RuleSet{},
                                             std::move(prefilter), SigmaSet{});
  transfer(body, *compiled);
  if (!body.is_good() || !body.is_at_end() || !Consistency(*compiled, bits).holds()) {
    return fail(ErrorCode::Corrupt, "does not fit together");
  }
  add_allowed(compiled->rules, compiled->decoders.max_id);
  return std::shared_ptr<const Compiled>(std::move(compiled));
}

}  // namespace warder::loginspection
