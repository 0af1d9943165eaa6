#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "base/text.h"
#include "engines/loginspection/rule_parser.h"
#include "engines/loginspection/rule_set.h"
#include "rules/required_literals.h"

namespace warder::loginspection {

namespace {

using rules::XmlElement;

constexpr std::uint32_t kFirstOrdinaryId = 10;  // rules below are the roots of their categories

/// Whether one of "a|^b" stands in the text, case ignored.
bool has_word(std::string_view text, std::string_view words) {
  const std::string lower = to_lower_ascii(text);
  for (std::string_view word : split(words, '|')) {
    const std::string wanted = to_lower_ascii(word);
    if (wanted.starts_with('^') ? lower.starts_with(wanted.substr(1)) : lower.find(wanted) != std::string::npos) {
      return true;
    }
  }
  return false;
}

/// The order in which OSSEC's default configuration includes its rule files: groups and ties of levels go by it.
constexpr std::array<std::string_view, 61> kUsualOrder = {
    "pam",        "sshd",        "telnetd",     "syslog",
    "arpwatch",   "symantec-av", "symantec-ws", "pix",
    "named",      "smbd",        "vsftpd",      "pure-ftpd",
    "proftpd",    "ms_ftpd",     "ftpd",        "hordeimp",
    "roundcube",  "wordpress",   "cimserver",   "vpopmail",
    "vmpop3d",    "courier",     "web",         "web_appsec",
    "apache",     "nginx",       "php",         "mysql",
    "postgresql", "ids",         "squid",       "firewall",
    "apparmor",   "cisco-ios",   "netscreenfw", "sonicwall",
    "postfix",    "sendmail",    "imapd",       "mailscanner",
    "dovecot",    "ms-exchange", "racoon",      "vpn_concentrator",
    "spamd",      "msauth",      "mcafee_av",   "trend-osce",
    "ms-se",      "zeus",        "solaris_bsm", "vmware",
    "ms_dhcp",    "asterisk",    "ossec",       "attack",
    "dropbear",   "unbound",     "sysmon",      "nsd",
    "opensmtpd"};

std::size_t usual_place(std::string_view file) noexcept {
  file = file.substr(file.rfind('/') + 1);
  const auto* const found = std::find_if(kUsualOrder.begin(), kUsualOrder.end(), [&](std::string_view name) {
    return file.starts_with(name) && file.substr(name.size()) == "_rules.xml";
  });
  return file == "rules_config.xml" ? 0 : static_cast<std::size_t>(found - kUsualOrder.begin()) + 1;
}

/// Puts rules where they belong while files are read.
class RuleLoader {
 public:
  RuleLoader(const Definition& definition, const DecoderSet& decoders, FieldNames& names)
      : lists_(read_lists(definition.lists)), context_{definition.dialect, decoders, lists_, names} {}

  void read(const SourceText& source) {
    ProblemLog log(source.name, load_.problems);
    for (const XmlElement& root : read_roots(source.text, log)) {
      const std::string* const name = root.attribute("name");
      if (!equals_ignoring_case(root.name, "group") || name == nullptr) {
        log.error(root.line, fmt::format("<{}> where only <group name=\"…\"> can stand", root.name));
        continue;
      }
      for (const XmlElement& element : root.children) read_rule(element, *name, log);
    }
  }

  RuleLoad finish() && {
    add_all();
    flatten();
    for (auto& [index, source] : source_of_rule_) load_.rules.rules[index].sources = {source};
    for (auto& [index, sources] : group_sources_) {
      if (load_.rules.rules[index].sources.empty()) load_.rules.rules[index].sources = sources;
    }
    return std::move(load_);
  }

 private:
  struct Place {
    std::uint32_t rule = 0;
    std::vector<std::uint32_t> children;  // in the order they are tried
  };

  void read_rule(const XmlElement& element, const std::string& group, ProblemLog& log) {
    if (!equals_ignoring_case(element.name, "rule")) {
      log.error(element.line, fmt::format("<{}> where only <rule> can stand", element.name));
      return;
    }
    const std::string* const id = element.attribute("id");
    const std::string name = fmt::format("rule {}", id == nullptr ? "?" : *id);
    auto parsed = parse_rule(element, group, context_);
    if (!parsed) {
      log.error(element.line, fmt::format("{}: {}", name, parsed.error().message));
      return;
    }
    for (const auto& warning : parsed->warnings) log.warning(element.line, fmt::format("{}: {}", name, warning));
    parsed->rule.info.file = log.file();
    known_ids_.insert(parsed->rule.info.id);
    parsed_.push_back(std::move(*parsed));
  }

  /// Adds the rules in the order they were read. When one of OSSEC names a rule that comes later, the files are not in
  /// the order of their configuration: they are put into OSSEC's usual one, and where that is not enough a rule waits
  /// for those it names, and groups and levels mean all rules.
  void add_all() {
    if (context_.dialect == Dialect::Ossec && !is_in_order(parsed_)) {
      std::stable_sort(parsed_.begin(), parsed_.end(), [](const ParsedRule& a, const ParsedRule& b) {
        return usual_place(a.rule.info.file) < usual_place(b.rule.info.file);
      });
    }
    std::vector<ParsedRule> waiting = std::move(parsed_);
    const bool is_ordered = context_.dialect == Dialect::Wazuh || is_in_order(waiting);
    for (bool is_last = is_ordered, has_added = true; !waiting.empty() && (has_added || !is_last);) {
      if (!has_added) is_last = true;
      has_added = false;
      std::vector<ParsedRule> left;
      for (ParsedRule& parsed : waiting) {
        if (!is_ordered && must_wait(parsed, is_last)) {
          left.push_back(std::move(parsed));
        } else {
          has_added = true;
          add_or_report(std::move(parsed));
        }
      }
      waiting = std::move(left);
    }
    for (ParsedRule& parsed : waiting) add_or_report(std::move(parsed));
  }

  [[nodiscard]] bool is_in_order(const std::vector<ParsedRule>& all) const {
    std::unordered_set<std::uint32_t> before;
    if (!all.empty() && all.front().rule.info.id >= kFirstOrdinaryId) return false;
    for (const ParsedRule& parsed : all) {
      const auto comes_later = [&](std::uint32_t id) {
        return id != parsed.rule.info.id && !before.contains(id) && known_ids_.contains(id);
      };
      if (std::any_of(parsed.parents.begin(), parsed.parents.end(), comes_later)) return false;
      if (parsed.counted_rule != 0 && comes_later(parsed.counted_rule)) return false;
      before.insert(parsed.rule.info.id);
    }
    return true;
  }

  [[nodiscard]] bool must_wait(const ParsedRule& parsed, bool is_last) const {
    const auto is_missing = [&](std::uint32_t id) { return known_ids_.contains(id) && !index_of_.contains(id); };
    if (std::any_of(parsed.parents.begin(), parsed.parents.end(), is_missing)) return true;
    if (parsed.counted_rule != 0 && is_missing(parsed.counted_rule)) return true;
    if (parsed.rule.info.id >= kFirstOrdinaryId && roots_.empty()) return true;
    const bool asks_for_all = parsed.parent_level != 0 || !parsed.parent_group.empty() || !parsed.counted_group.empty();
    return asks_for_all && !is_last;
  }

  void add_or_report(ParsedRule parsed) {
    ProblemLog log(parsed.rule.info.file, load_.problems);
    const std::size_t line = parsed.rule.info.line;
    const std::uint32_t id = parsed.rule.info.id;
    if (const auto added = add(std::move(parsed)); !added) {
      const std::string message = fmt::format("rule {}: {}", id, added.error().message);
      const bool is_error = added.error().code != ErrorCode::NotFound || context_.dialect == Dialect::Ossec;
      is_error ? log.error(line, message) : log.warning(line, message + "; it is left out");
    }
  }

  Result<void> add(ParsedRule parsed) {
    const std::uint32_t id = parsed.rule.info.id;
    const auto existing = index_of_.find(id);
    if (parsed.overwrites && existing != index_of_.end()) return overwrite(existing->second, std::move(parsed));
    if (parsed.overwrites) return fail(ErrorCode::Invalid, "overwrites a rule that is not there");
    if (existing != index_of_.end()) return fail(ErrorCode::Conflict, "is there twice");
    const std::vector<std::uint32_t> parents = WD_TRY(find_parents(parsed));
    const auto index = static_cast<std::uint32_t>(load_.rules.rules.size());
    if (!parsed.parents.empty()) {
      parsed.rule.category = load_.rules.rules[places_[parents.front()].rule].category;
    }
    load_.rules.rules.push_back(std::move(parsed.rule));
    index_of_[id] = index;
    if (id < kFirstOrdinaryId) {
      insert(roots_, make_place(index));
    } else {
      for (const std::uint32_t parent : parents) {
        const std::uint32_t place = make_place(index);
        insert(places_[parent].children, place);
      }
    }
    return count(index, parsed);
  }

  /// What the rule asks and says changes; its place, and which rules it is a child of, do not.
  Result<void> overwrite(std::uint32_t index, ParsedRule parsed) {
    CompiledRule& present = load_.rules.rules[index];
    parsed.rule.order_level = present.order_level;
    parsed.rule.category = present.category;
    if (parsed.rule.decoded_as == 0) parsed.rule.decoded_as = present.decoded_as;
    present = std::move(parsed.rule);
    return count(index, parsed);
  }

  /// Places that the rule is to be a child of.
  Result<std::vector<std::uint32_t>> find_parents(const ParsedRule& parsed) {
    std::vector<std::uint32_t> parents;
    std::optional<std::uint32_t> missing;
    if (parsed.rule.info.id < kFirstOrdinaryId) return parents;
    if (!parsed.parents.empty()) {
      for (const std::uint32_t id : parsed.parents) {
        const auto parent = index_of_.find(id);
        if (parent == index_of_.end()) {
          missing = id;
          continue;
        }
        const auto& places = places_of_[parent->second];
        parents.insert(parents.end(), places.begin(), places.end());
      }
    } else if (parsed.parent_level != 0) {
      for (std::uint32_t place = 0; place < places_.size(); ++place) {
        if (load_.rules.rules[places_[place].rule].order_level >= parsed.parent_level * 100) parents.push_back(place);
      }
    } else if (!parsed.parent_group.empty()) {
      for (std::uint32_t place = 0; place < places_.size(); ++place) {
        if (has_word(load_.rules.rules[places_[place].rule].group_text, parsed.parent_group)) parents.push_back(place);
      }
    } else {
      const auto root = std::find_if(roots_.begin(), roots_.end(), [&](std::uint32_t place) {
        return load_.rules.rules[places_[place].rule].category == parsed.rule.category;
      });
      if (root != roots_.end()) parents.push_back(*root);
    }
    // Wazuh makes do with the parents that there are, and leaves a rule without any out.
    if (missing && (context_.dialect == Dialect::Ossec || parents.empty())) {
      return fail(ErrorCode::NotFound, fmt::format("there is no rule {} before it", *missing));
    }
    if (parents.empty()) return fail(ErrorCode::Invalid, "has no parent: no rule before it fits");
    return parents;
  }

  std::uint32_t make_place(std::uint32_t rule) {
    const auto place = static_cast<std::uint32_t>(places_.size());
    places_.push_back({rule, {}});
    places_of_[rule].push_back(place);
    return place;
  }

  void insert(std::vector<std::uint32_t>& siblings, std::uint32_t place) {
    const unsigned level = load_.rules.rules[places_[place].rule].order_level;
    const auto at = std::find_if(siblings.begin(), siblings.end(), [&](std::uint32_t sibling) {
      return level > load_.rules.rules[places_[sibling].rule].order_level;
    });
    siblings.insert(at, place);
  }

  /// Gives a composite rule the list of lines that it counts.
  Result<void> count(std::uint32_t index, const ParsedRule& parsed) {
    auto& set = load_.rules;
    if (!set.rules[index].composite) return {};
    std::uint32_t source = kNoIndex;
    if (parsed.counted_rule != 0) {
      const auto counted = index_of_.find(parsed.counted_rule);
      if (counted == index_of_.end()) {
        return fail(ErrorCode::Invalid, fmt::format("counts rule {}, which is not before it", parsed.counted_rule));
      }
      const auto [known, is_new] =
          source_of_rule_.try_emplace(counted->second, static_cast<std::uint32_t>(set.sources.size()));
      if (is_new) set.sources.push_back({parsed.counted_rule, {}, std::nullopt, Category::Syslog});
      source = known->second;
    } else if (!parsed.counted_pattern.empty()) {
      source = static_cast<std::uint32_t>(set.sources.size());
      auto pattern = WD_TRY(rules::Pattern::compile(rules::PatternLanguage::OsRegex, parsed.counted_pattern));
      set.sources.push_back({0, {}, std::move(pattern), set.rules[index].category});
      set.pattern_sources.push_back(source);
    } else {
      source = static_cast<std::uint32_t>(set.sources.size());
      set.sources.push_back({});
      for (std::uint32_t i = 0; i < set.rules.size(); ++i) {
        if (has_word(set.rules[i].group_text, parsed.counted_group)) group_sources_[i].push_back(source);
      }
    }
    set.rules[index].composite->source = source;
    set.sources[source].composites.push_back(index);
    return {};
  }

  /// Level by level, so that the children of one node follow one another.
  void flatten() {
    auto& set = load_.rules;
    std::vector<std::uint32_t> places(roots_);
    set.root_count = static_cast<std::uint32_t>(roots_.size());
    for (std::size_t i = 0; i < places.size(); ++i) {
      const Place& place = places_[places[i]];
      set.nodes.push_back(
          {place.rule, static_cast<std::uint32_t>(places.size()), static_cast<std::uint32_t>(place.children.size())});
      places.insert(places.end(), place.children.begin(), place.children.end());
      if (i + 1 == roots_.size()) set.second_level_end = static_cast<std::uint32_t>(places.size());
    }
    add_allowed(set, context_.decoders.max_id);
  }

  Lists lists_;
  RuleContext context_;
  RuleLoad load_;
  std::vector<ParsedRule> parsed_;
  std::unordered_set<std::uint32_t> known_ids_;
  std::vector<Place> places_;
  std::vector<std::uint32_t> roots_;
  std::unordered_map<std::uint32_t, std::uint32_t> index_of_;                    // rule id
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> places_of_;      // rule index
  std::unordered_map<std::uint32_t, std::uint32_t> source_of_rule_;              // rule index
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> group_sources_;  // rule index
};

/// Whether what stands in the field also stands in the line, as it is.
bool is_from_line(FieldId id) noexcept {
  return id != field::kHostname && id != field::kLocation && id != field::kSrcGeoIp && id != field::kDstGeoIp;
}

/// The strings of the condition that says most of when the rule can match.
std::vector<std::string> best_literals(const CompiledRule& rule) {
  std::vector<std::string> best;
  std::size_t best_size = 0;
  for (const Condition& condition : rule.conditions) {
    if (condition.is_negated || !condition.pattern || !is_from_line(condition.field)) continue;
    auto literals = rules::required_literals(condition.pattern->expression());
    if (!literals) continue;
    std::size_t size = std::string::npos;
    for (const auto& text : *literals) size = std::min(size, text.size());
    if (size <= best_size) continue;
    best_size = size;
    best = std::move(*literals);
  }
  return best;
}

}  // namespace

std::uint32_t RuleSet::index_of(std::uint32_t rule_id) const noexcept {
  for (std::uint32_t i = 0; i < rules.size(); ++i) {
    if (rules[i].info.id == rule_id) return i;
  }
  return kNoIndex;
}

RuleLoad load_rules(const Definition& definition, const DecoderSet& decoders, FieldNames& names) {
  RuleLoader loader(definition, decoders, names);
  for (const SourceText& source : definition.rules) loader.read(source);
  return std::move(loader).finish();
}

void add_allowed(RuleSet& rules, std::uint32_t max_decoder_id) {
  const auto set_bit = [](std::vector<std::uint64_t>& words, std::uint32_t bit) {
    words[bit / 64] |= std::uint64_t{1} << (bit % 64);
  };
  const auto wanted = [&](std::uint32_t node) { return rules.rules[rules.nodes[node].rule].decoded_as; };
  std::vector<std::uint64_t> of_any(rules.second_level_end / 64 + 1, 0);
  for (std::uint32_t node = 0; node < rules.second_level_end; ++node) {
    if (wanted(node) == 0) set_bit(of_any, node);
  }
  rules.allowed.assign(max_decoder_id + 1, of_any);
  for (std::uint32_t node = 0; node < rules.second_level_end; ++node) {
    if (wanted(node) != 0) set_bit(rules.allowed[wanted(node)], node);
  }
}

void add_to_prefilter(const RuleSet& rules, Prefilter::Builder& builder) {
  std::vector<std::vector<std::string>> literals(rules.rules.size());
  for (std::size_t i = 0; i < rules.rules.size(); ++i) literals[i] = best_literals(rules.rules[i]);
  for (std::uint32_t node = 0; node < rules.nodes.size(); ++node) {
    const auto& of_rule = literals[rules.nodes[node].rule];
    if (!of_rule.empty()) builder.add(node, of_rule);
  }
}

}  // namespace warder::loginspection
