#include "engines/loginspection/rule_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/text.h"

namespace warder::loginspection {

namespace {

using rules::Pattern;
using rules::PatternLanguage;
using rules::XmlElement;

struct PatternElement {
  std::string_view name;
  FieldId field;
  PatternLanguage language = PatternLanguage::OsMatch;
};
constexpr std::array<PatternElement, 18> kPatternElements = {{
    {"match", field::kLog},
    {"regex", field::kLog, PatternLanguage::OsRegex},
    {"pcre2", field::kLog, PatternLanguage::Pcre2Caseless},
    {"program_name", field::kProgramName},
    {"hostname", field::kHostname},
    {"location", field::kLocation},
    {"user", field::kDstUser},
    {"id", field::kId},
    {"url", field::kUrl},
    {"status", field::kStatus},
    {"protocol", field::kProtocol},
    {"system_name", field::kSystemName},
    {"data", field::kData},
    {"extra_data", field::kExtraData},
    {"srcport", field::kSrcPort},
    {"dstport", field::kDstPort},
    {"srcgeoip", field::kSrcGeoIp},
    {"dstgeoip", field::kDstGeoIp},
}};

struct ComparedField {
  std::string_view name;  // behind "same_", "different_" or "not_same_"
  FieldId field;
};
constexpr std::array<ComparedField, 23> kComparedFields = {{
    {"source_ip", field::kSrcIp},
    {"srcip", field::kSrcIp},
    {"dstip", field::kDstIp},
    {"src_port", field::kSrcPort},
    {"srcport", field::kSrcPort},
    {"dst_port", field::kDstPort},
    {"dstport", field::kDstPort},
    {"srcuser", field::kSrcUser},
    {"user", field::kDstUser},
    {"dstuser", field::kDstUser},
    {"location", field::kLocation},
    {"id", field::kId},
    {"url", field::kUrl},
    {"protocol", field::kProtocol},
    {"action", field::kAction},
    {"data", field::kData},
    {"extra_data", field::kExtraData},
    {"status", field::kStatus},
    {"system_name", field::kSystemName},
    {"srcgeoip", field::kSrcGeoIp},
    {"dstgeoip", field::kDstGeoIp},
    {"agent", field::kNone},
    {"field", field::kNone},
}};

constexpr std::array<std::pair<std::string_view, Lookup>, 6> kLookups = {{
    {"match_key", Lookup::MatchKey},
    {"not_match_key", Lookup::NotMatchKey},
    {"match_key_value", Lookup::MatchKeyValue},
    {"address_match_key", Lookup::AddressMatchKey},
    {"not_address_match_key", Lookup::NotAddressMatchKey},
    {"address_match_key_value", Lookup::AddressMatchKeyValue},
}};

Result<std::uint32_t> parse_number(std::string_view text, std::string_view what, std::uint32_t max) {
  const auto number = parse_integer<std::uint32_t>(trim(text));
  if (!number || *number > max) {
    return fail(ErrorCode::Invalid, fmt::format("{}: '{}' is not in 0..{}", what, text, max));
  }
  return *number;
}

class RuleParser {
 public:
  RuleParser(std::string_view group, const RuleContext& context) : context_(context) { made_.rule.group_text = group; }

  Result<ParsedRule> parse(const XmlElement& element) {
    made_.rule.info.line = element.line;
    for (const auto& [name, value] : element.attributes) WD_TRY(attribute(to_lower_ascii(name), value));
    if (!has_id_ || !has_level_) return fail(ErrorCode::Invalid, "needs an id and a level");
    for (const XmlElement& child : element.children) {
      WD_TRY(this->element(child, to_lower_ascii(child.name)).in(fmt::format("<{}>", child.name)));
    }
    WD_TRY(finish());
    return std::move(made_);
  }

 private:
  /// A pattern that may be spread over several elements.
  struct PendingPattern {
    FieldId field = field::kLog;
    bool is_user = false;
    bool is_negated = false;
    bool is_text = false;
    PatternLanguage language = PatternLanguage::OsMatch;
    std::string text;
  };

  Result<void> attribute(const std::string& name, const std::string& value) {
    CompiledRule& rule = made_.rule;
    if (name == "id") {
      has_id_ = true;
      rule.info.id = WD_TRY(parse_number(value, name, 99'999'999));
    } else if (name == "level") {
      has_level_ = true;
      rule.info.level = WD_TRY(parse_number(value, name, 16));
    } else if (name == "maxsize") {
      rule.min_bytes = WD_TRY(parse_number(value, name, 65'535));
    } else if (name == "timeframe") {
      timeframe_s_ = WD_TRY(parse_number(value, name, 99'999));
    } else if (name == "frequency") {
      frequency_ = WD_TRY(parse_number(value, name, 9'999));
      if (context_.dialect == Dialect::Wazuh && *frequency_ < 2) {
        return fail(ErrorCode::Invalid, fmt::format("frequency: {} is less than 2", *frequency_));
      }
    } else if (name == "accuracy") {
      is_inaccurate_ = trim(value) == "0";
    } else if (name == "noalert") {
      rule.is_silent = true;
    } else if (name == "ignore") {
      rule.ignore_s = WD_TRY(parse_number(value, name, 999'999));
    } else if (name == "overwrite") {
      if (value != "yes" && value != "no") return fail(ErrorCode::Invalid, "overwrite is 'yes' or 'no'");
      made_.overwrites = value == "yes";
    } else {
      return fail(ErrorCode::Invalid, fmt::format("there is no attribute '{}'", name));
    }
    return {};
  }

  Result<void> element(const XmlElement& element, const std::string& name) {
    if (WD_TRY(pattern_element(element, name))) return {};
    if (WD_TRY(compared_element(element, name))) return {};
    if (WD_TRY(parent_element(element, name))) return {};
    if (WD_TRY(condition_element(element, name))) return {};
    if (WD_TRY(text_element(element, name))) return {};
    return fail(ErrorCode::Invalid, "is not known");
  }

  Result<bool> pattern_element(const XmlElement& element, std::string_view name) {
    if (name == "action") {
      WD_TRY(add_action(element));
      return true;
    }
    if (name == "field") {
      WD_TRY(add_field(element));
      return true;
    }
    std::optional<PatternLanguage> language;
    if (context_.dialect == Dialect::Ossec && name.ends_with("_pcre2")) {
      name.remove_suffix(6);
      language = PatternLanguage::Pcre2Caseless;
    }
    const auto* const row = std::find_if(kPatternElements.begin(), kPatternElements.end(),
                                         [&](const PatternElement& candidate) { return candidate.name == name; });
    if (row == kPatternElements.end()) return false;
    PendingPattern& pending = pending_[std::string(element.name)];
    pending.field = row->field;
    pending.is_user = name == "user";
    // To OSSEC both are one field.
    if (context_.dialect == Dialect::Ossec && row->field == field::kExtraData) pending.field = field::kData;
    pending.language = language.value_or(row->language);
    pending.text += element.text;
    WD_TRY(read_attributes(element, pending));
    return true;
  }

  /// type and negate.
  Result<void> read_attributes(const XmlElement& element, PendingPattern& pending) {
    if (context_.dialect == Dialect::Ossec) return {};
    if (const std::string* const type = element.attribute("type")) {
      const auto language = parse_pattern_language(*type);
      if (!language) made_.warnings.push_back(fmt::format("<{}>: there is no type '{}'", element.name, *type));
      if (language) {
        pending.language = *language;
        pending.is_text = false;
      }
    }
    if (const std::string* const negate = element.attribute("negate")) pending.is_negated = *negate == "yes";
    return {};
  }

  Result<void> add_action(const XmlElement& element) {
    PendingPattern& pending = pending_["action"];
    pending.field = field::kAction;
    pending.is_text = true;
    pending.text += element.text;
    return read_attributes(element, pending);
  }

  Result<void> add_field(const XmlElement& element) {
    const std::string* const name = element.attribute("name");
    if (name == nullptr || name->empty()) return fail(ErrorCode::Invalid, "has no name");
    PendingPattern pending;
    pending.language = PatternLanguage::OsRegex;
    pending.field = context_.names.number(*name);
    pending.text = element.text;
    WD_TRY(read_attributes(element, pending));
    return add_condition(std::move(pending)).in(*name);
  }

  Result<void> add_condition(PendingPattern pending) {
    Condition condition;
    condition.field = pending.field;
    condition.is_user = pending.is_user;
    condition.is_negated = pending.is_negated;
    std::string_view text = pending.text;
    if (pending.is_text) {
      condition.text = text;
    } else {
      if (pending.language == PatternLanguage::OsMatch && context_.dialect == Dialect::Wazuh && text.starts_with('!')) {
        text.remove_prefix(1);
        condition.is_negated = !condition.is_negated;
      }
      condition.pattern.emplace(WD_TRY(Pattern::compile(pending.language, text)));
    }
    made_.rule.conditions.push_back(std::move(condition));
    return {};
  }

  Result<bool> compared_element(const XmlElement& element, std::string_view name) {
    const bool is_same = name.starts_with("same_");
    const std::string_view prefix = is_same                          ? "same_"
                                    : name.starts_with("different_") ? "different_"
                                    : name.starts_with("not_same_")  ? "not_same_"
                                                                     : "";
    if (prefix.empty()) return false;
    name.remove_prefix(prefix.size());
    const auto* const row = std::find_if(kComparedFields.begin(), kComparedFields.end(),
                                         [&](const ComparedField& candidate) { return candidate.name == name; });
    if (row == kComparedFields.end()) return false;
    if (name == "agent") {
      made_.warnings.push_back(fmt::format("<{}> has no effect any more", element.name));
      return true;
    }
    FieldId id = row->field;
    if (name == "field") {
      const auto fixed = decoded_field(trim(element.text));
      id = fixed ? *fixed : context_.names.number(trim(element.text));
    }
    if (context_.dialect == Dialect::Ossec) {
      if (id == field::kLocation) id = field::kHostname;
      if (prefix == "not_same_") {
        std::erase(same_, id);  // there it takes the other back
      } else if (is_same) {
        same_.push_back(id);
      } else {
        different_and_there_.push_back(id);
      }
    } else {
      (is_same ? same_ : different_).push_back(id);
    }
    return true;
  }

  Result<bool> parent_element(const XmlElement& element, std::string_view name) {
    if (name == "if_sid") {
      std::string ids = element.text;
      std::replace_if(
          ids.begin(), ids.end(), [](char c) { return c == ' ' || c == '\t' || c == '\n'; }, ',');
      for (const std::string_view word : words_of(ids)) {
        made_.parents.push_back(WD_TRY(parse_number(word, name, 99'999'999)));
      }
    } else if (name == "if_group") {
      made_.parent_group = trim(element.text);
    } else if (name == "if_level") {
      made_.parent_level = WD_TRY(parse_number(element.text, name, 16));
    } else if (name == "if_matched_sid") {
      made_.counted_rule = WD_TRY(parse_number(element.text, name, 99'999'999));
    } else if (name == "if_matched_group") {
      made_.counted_group = trim(element.text);
    } else if (name == "if_matched_regex") {
      made_.counted_pattern = element.text;
    } else {
      return false;
    }
    return true;
  }

  Result<bool> condition_element(const XmlElement& element, std::string_view name) {
    CompiledRule& rule = made_.rule;
    if (name == "srcip" || name == "dstip") {
      WD_TRY(add_addresses(element, name == "srcip" ? field::kSrcIp : field::kDstIp));
    } else if (name == "decoded_as") {
      WD_TRY(set_decoder(trim(element.text)));
    } else if (name == "category") {
      const auto category = parse_category(trim(element.text));
      if (!category) return fail(ErrorCode::Invalid, fmt::format("there is no category '{}'", element.text));
      rule.category = *category;
    } else if (name == "time") {
      rule.day_time = WD_TRY(parse_day_time(element.text));
    } else if (name == "weekday") {
      rule.week_days = WD_TRY(parse_week_days(element.text));
    } else if (name == "if_fts") {
      rule.is_first_seen = true;
    } else if (name == "check_diff") {
      rule.is_changed_output = true;
    } else if (name == "compiled_rule") {
      rule.checks.push_back(find_check(trim(element.text)));
      if (rule.checks.back() == nullptr) {
        return fail(ErrorCode::Invalid, fmt::format("there is no function '{}'", element.text));
      }
    } else if (name == "list") {
      WD_TRY(add_list(element));
    } else if (name == "ignore" || name == "check_if_ignored") {
      set_ignored(element, name == "ignore" ? rule.ignored_fields : rule.checked_if_ignored);
    } else if (name != "global_frequency") {
      return false;
    }
    return true;
  }

  Result<void> set_decoder(std::string_view name) {
    CompiledRule& rule = made_.rule;
    rule.decoded_as = context_.decoders.id_of(name);
    // Windows events come as lines of JSON here, not through a channel of their own.
    if (name == "windows_eventchannel" && context_.decoders.id_of("json") != 0) {
      rule.decoded_as = context_.decoders.id_of("json");
      is_event_channel_ = true;
    }
    if (rule.decoded_as == 0) return fail(ErrorCode::Invalid, fmt::format("there is no decoder '{}'", name));
    return {};
  }

  Result<void> add_addresses(const XmlElement& element, FieldId id) {
    const std::string* const negate = element.attribute("negate");
    for (Condition& condition : made_.rule.conditions) {
      if (condition.field == id && condition.addresses) return condition.addresses->add(element.text);
    }
    Condition condition;
    condition.field = id;
    condition.is_negated = negate != nullptr && *negate == "yes";
    condition.addresses.emplace();
    WD_TRY(condition.addresses->add(element.text));
    made_.rule.conditions.push_back(std::move(condition));
    return {};
  }

  Result<void> add_list(const XmlElement& element) {
    ListCondition condition;
    const std::string* const field = element.attribute("field");
    const std::string* const lookup = element.attribute("lookup");
    const std::string* const value = element.attribute("check_value");
    if (field == nullptr) return fail(ErrorCode::Invalid, "has no field");
    condition.is_user = *field == "user";
    const auto fixed = decoded_field(*field);
    condition.field = fixed                      ? *fixed
                      : *field == "hostname"     ? field::kHostname
                      : *field == "program_name" ? field::kProgramName
                                                 : context_.names.number(*field);
    if (lookup != nullptr) {
      const auto* const row = std::find_if(kLookups.begin(), kLookups.end(),
                                           [&](const auto& candidate) { return candidate.first == *lookup; });
      if (row == kLookups.end()) return fail(ErrorCode::Invalid, fmt::format("there is no lookup '{}'", *lookup));
      condition.lookup = row->second;
    }
    if (value != nullptr) condition.value.emplace(WD_TRY(Pattern::compile(PatternLanguage::OsMatch, *value)));
    const auto found = context_.lists.find(trim(element.text));
    if (found == context_.lists.end()) {
      made_.warnings.push_back(fmt::format("the list '{}' is not there: the rule never matches", trim(element.text)));
    } else {
      condition.list = found->second;
    }
    made_.rule.lists.push_back(std::move(condition));
    return {};
  }

  void set_ignored(const XmlElement& element, std::vector<FieldId>& fields) {
    for (const std::string_view word : words_of(element.text)) {
      const auto fixed = decoded_field(word);
      fields.push_back(fixed ? *fixed : word == "location" ? field::kLocation : context_.names.number(word));
    }
  }

  Result<bool> text_element(const XmlElement& element, std::string_view name) {
    Rule& info = made_.rule.info;
    if (name == "description") {
      info.description += element.text;
    } else if (name == "group") {
      made_.rule.group_text += element.text;
    } else if (name == "info" || name == "cve") {
      const std::string* const type = element.attribute("type");
      info.infos.emplace_back(name == "cve" ? "cve" : type == nullptr ? "text" : *type, trim(element.text));
    } else if (name == "mitre") {
      for (const XmlElement& id : element.children) {
        if (id.name == "id") info.mitre.emplace_back(trim(id.text));
      }
    } else if (name == "options") {
      WD_TRY(set_option(trim(element.text)));
    } else {
      return false;
    }
    return true;
  }

  Result<void> set_option(std::string_view option) {
    if (option == "no_log") {
      made_.rule.info.is_logged = false;
    } else if (option == "log_alert") {
      made_.rule.info.is_logged = true;
    } else if (option == "no_full_log") {
      made_.rule.info.is_full_log_kept = false;
    } else if (option != "alert_by_email" && option != "no_email_alert" && option != "no_ar" &&
               option != "no_counter") {
      return fail(ErrorCode::Invalid, fmt::format("there is no option '{}'", option));
    }
    return {};
  }

  Result<void> finish() {
    CompiledRule& rule = made_.rule;
    for (auto& [name, pending] : pending_) WD_TRY(add_condition(std::move(pending)).in(fmt::format("<{}>", name)));
    if (rule.info.description.empty() && context_.dialect == Dialect::Wazuh)
      return fail(ErrorCode::Invalid, "has no description");
    // Fields first: most lines do not have them, and what is left of a line is long.
    std::stable_partition(rule.conditions.begin(), rule.conditions.end(),
                          [](const Condition& condition) { return condition.field != field::kLog; });
    if (is_event_channel_) rule.category = Category::Syslog;
    const unsigned weight = rule.info.level == 0 ? 99U : rule.info.level;
    rule.order_level = is_inaccurate_ ? weight : weight * 100;
    for (const std::string_view word : words_of(rule.group_text)) rule.info.groups.emplace_back(word);
    const bool is_composite = made_.counted_rule != 0 || !made_.counted_group.empty() || !made_.counted_pattern.empty();
    const bool compares = !same_.empty() || !different_.empty() || !different_and_there_.empty();
    if (!is_composite) {
      if (frequency_ || compares)
        return fail(ErrorCode::Invalid, "counts, but has no if_matched_sid, if_matched_group or if_matched_regex");
      return {};
    }
    Composite composite;
    composite.timeframe_s = timeframe_s_;
    // OSSEC's number is one less than the earlier events; Wazuh's is all events.
    composite.earlier = context_.dialect == Dialect::Ossec ? frequency_.value_or(0) + 1 : frequency_.value_or(2) - 1;
    composite.same = same_;
    composite.different = different_;
    composite.different_and_there = different_and_there_;
    rule.composite = std::move(composite);
    if (made_.parents.empty() && made_.parent_group.empty()) {
      if (!made_.counted_group.empty()) made_.parent_group = made_.counted_group;
      if (made_.counted_rule != 0) made_.parents.push_back(made_.counted_rule);
    }
    return {};
  }

  const RuleContext& context_;
  ParsedRule made_;
  std::map<std::string, PendingPattern> pending_;
  std::vector<FieldId> same_;
  std::vector<FieldId> different_;
  std::vector<FieldId> different_and_there_;
  std::optional<std::uint32_t> frequency_;
  std::int64_t timeframe_s_ = 360;
  bool is_inaccurate_ = false;
  bool has_id_ = false;
  bool has_level_ = false;
  bool is_event_channel_ = false;
};

}  // namespace

Result<ParsedRule> parse_rule(const XmlElement& element, std::string_view group, const RuleContext& context) {
  return RuleParser(group, context).parse(element);
}

}  // namespace warder::loginspection
