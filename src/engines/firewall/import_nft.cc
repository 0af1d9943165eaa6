// `nft list ruleset`: base chains of input and output of the families inet, ip and ip6, the chains they jump to, and
// named sets.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "engines/firewall/import_parts.h"
#include "engines/firewall/spec.h"

namespace warder::firewall {
namespace {

constexpr std::size_t kMaxExpanded = 20'000;
constexpr unsigned kMaxDepth = 16;

struct Statement {  // one line of a chain
  std::size_t number = 0;
  std::vector<std::string> words;
  std::string text;
};
struct NftChain {
  std::string table, family, name, hook;
  bool is_drop = false;
  std::vector<Statement> rules;
};

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool is_quoted = false;
  const auto end_word = [&] {
    if (!word.empty()) words.push_back(std::exchange(word, {}));
  };
  for (const char c : line) {
    if (c == '"') {
      is_quoted = !is_quoted;
      if (!is_quoted && word.empty()) words.emplace_back();
    } else if (is_quoted) {
      word += c;
    } else if (c == ' ' || c == '\t') {
      end_word();
    } else if (c == '{' || c == '}' || c == ',' || c == ';') {
      end_word();
      words.emplace_back(1, c);
    } else {
      word += c;
    }
  }
  end_word();
  return words;
}

std::string named(const std::string& table, const std::string& set) {
  return table + "-" + set;
}

class RuleReader {
 public:
  RuleReader(const NftChain& chain, const Statement& statement, const std::map<std::string, std::string>& sets)
      : chain_(chain), words_(statement.words), sets_(sets) {
    if (chain.family == "ip") rule_.frame_type = "ipv4";
    if (chain.family == "ip6") rule_.frame_type = "ipv6";
  }

  struct Outcome {
    Rule rule;
    std::string verdict;  // accept, drop, jump NAME, return; empty: none
    std::string target;
    std::string lost;
    std::string changed;
    std::string setting;  // carried by a setting, which
    bool logs = false;
    std::map<std::string, std::string> verdicts;  // of a verdict map: item → verdict
    std::string map_key;
  };

  Outcome read() {
    while (at_ < words_.size() && out_.lost.empty()) statement(next());
    out_.rule = std::move(rule_);
    if (is_loopback_) out_.setting = "the loopback interface always passes";
    if (is_established_) {
      out_.setting = "replies pass: stateful_tcp, _udp, _icmp";
      if (out_.verdict != "accept") out_.lost = "this use of connection state cannot be expressed";
    }
    if (is_invalid_) {
      out_.setting = "packets of no connection are dropped: stateful_tcp";
      if (out_.verdict != "drop") out_.lost = "this use of connection state cannot be expressed";
    }
    return std::move(out_);
  }

 private:
  std::string next() { return at_ < words_.size() ? words_[at_++] : std::string(); }
  [[nodiscard]] std::string peek() const { return at_ < words_.size() ? words_[at_] : std::string(); }
  void lose(std::string why) {
    if (out_.lost.empty()) out_.lost = std::move(why);
  }

  void statement(const std::string& word) {
    if (word == "meta" || word == "with" || word == ";") return;
    if (word == "counter") return skip_pairs({"packets", "bytes"});
    if (word == "comment") {
      rule_.description = next();
      return;
    }
    if (word == "log") {
      out_.logs = true;
      return skip_pairs({"prefix", "level", "group", "flags", "snaplen", "queue-threshold"});
    }
    if (word == "accept" || word == "drop" || word == "return" || word == "continue") {
      out_.verdict = word;
    } else if (word == "reject") {
      out_.verdict = "drop";
      out_.changed = "dropped without an answer instead of rejected";
      at_ = words_.size();
    } else if (word == "jump" || word == "goto") {
      out_.verdict = word;
      out_.target = next();
    } else {
      match(word);
    }
  }

  void skip_pairs(std::initializer_list<std::string_view> keys) {
    while (std::find(keys.begin(), keys.end(), peek()) != keys.end()) {
      next();
      next();
      while (peek() == ",") {
        next();
        next();
      }
    }
  }

  struct Items {
    std::vector<std::string> values;
    bool negated = false;
  };

  Items items() {
    Items out;
    if (peek() == "!=" || peek() == "==") out.negated = next() == "!=";
    if (peek() == "{") {
      next();
      while (at_ < words_.size() && peek() != "}") {
        std::string word = next();
        if (word != ",") out.values.push_back(std::move(word));
      }
      next();
      return out;
    }
    out.values.push_back(next());
    while (peek() == ",") {
      next();
      out.values.push_back(next());
    }
    return out;
  }

  void match(const std::string& first) {
    static constexpr std::string_view kTwoWords[] = {"ip", "ip6",  "tcp",    "udp",   "sctp",
                                                     "th", "icmp", "icmpv6", "ether", "ct"};
    const bool is_pair = std::find(std::begin(kTwoWords), std::end(kTwoWords), first) != std::end(kTwoWords);
    const std::string key = is_pair ? first + " " + next() : first;
    if (peek() == "vmap") return verdict_map(key);
    if (peek() == "&" || peek() == ".") return lose(fmt::format("\"{}\" with an operation cannot be expressed", key));
    const Items got = items();
    if (got.values.empty()) return lose(fmt::format("\"{}\" without a value", key));
    take(key, got);
  }

  void verdict_map(const std::string& key) {
    next();
    if (next() != "{") return lose("a named verdict map cannot be expressed");
    out_.map_key = key;
    while (at_ < words_.size() && peek() != "}") {
      const std::string item = next();
      if (item == ",") continue;
      if (next() != ":") return lose("a verdict map that is not understood");
      std::string verdict = next();
      if (verdict == "jump" || verdict == "goto") verdict += " " + next();
      out_.verdicts[item] = std::move(verdict);
    }
    next();
  }

 public:
  void take(const std::string& key, const Items& got) {
    if (key == "ct state") return state(got);
    if (key == "iif" || key == "iifname" || key == "oif" || key == "oifname") return interface(got);
    if (key == "l4proto" || key == "ip protocol" || key == "ip6 nexthdr") return protocol(got);
    if (key == "nfproto") {
      rule_.frame_type = got.values.front();
    } else if (key == "ip saddr" || key == "ip6 saddr" || key == "ip daddr" || key == "ip6 daddr") {
      rule_.frame_type = key.starts_with("ip ") ? "ipv4" : "ipv6";
      const bool is_source = key.ends_with("saddr");
      list(is_source ? rule_.source_addresses : rule_.destination_addresses,
           is_source ? rule_.source_addresses_not : rule_.destination_addresses_not, got, "addresses");
    } else if (key == "ether saddr" || key == "ether daddr") {
      const bool is_source = key.ends_with("saddr");
      list(is_source ? rule_.source_macs : rule_.destination_macs,
           is_source ? rule_.source_macs_not : rule_.destination_macs_not, got, "macs");
    } else if (key.ends_with(" sport") || key.ends_with(" dport")) {
      ports(key, got);
    } else if (key == "icmp type" || key == "icmpv6 type") {
      icmp(key, got);
    } else if (key == "tcp flags" && got.values.size() == 1 && !got.negated && got.values.front() == "syn") {
      set_protocol("tcp");
      rule_.tcp_flags = {"syn"};
    } else {
      lose(fmt::format("\"{}\" cannot be expressed", key));
    }
  }

 private:
  void list(std::vector<std::string>& place, bool& is_not, const Items& got, std::string_view kind) {
    if (!place.empty()) return lose("two conditions on one field");
    for (const std::string& value : got.values) {
      if (!value.starts_with('@')) {
        place.push_back(value);
        continue;
      }
      const auto known = sets_.find(named(chain_.table, value.substr(1)));
      if (known == sets_.end() || known->second != kind) return lose(fmt::format("set {} cannot be expressed", value));
      place.push_back("@" + known->first);
    }
    is_not = got.negated;
  }

  void set_protocol(std::string name) {
    if (rule_.protocol != "any" && rule_.protocol != name) return lose("two protocols");
    rule_.protocol = std::move(name);
  }

  void ports(const std::string& key, const Items& got) {
    const std::string protocol = key.substr(0, key.find(' '));
    if (protocol != "th") set_protocol(protocol);
    if (protocol == "th" && rule_.protocol == "any") return lose("ports of every protocol cannot be expressed");
    const bool is_source = key.ends_with("sport");
    list(is_source ? rule_.source_ports : rule_.destination_ports,
         is_source ? rule_.source_ports_not : rule_.destination_ports_not, got, "ports");
    for (const std::string& value : got.values)
      if (!value.starts_with('@') && !parse_port_range(value))
        lose(fmt::format("port \"{}\" has a name; list with -n", value));
  }

  void icmp(const std::string& key, const Items& got) {
    set_protocol(key.starts_with("icmpv6") ? "icmpv6" : "icmp");
    for (std::string value : got.values) {
      if (value.starts_with("nd-")) value = neighbour_type(value);
      if (!parse_icmp(value)) return lose(fmt::format("ICMP type \"{}\" is not known", value));
      rule_.icmp.push_back(std::move(value));
    }
    rule_.icmp_not = got.negated;
  }

  static std::string neighbour_type(const std::string& name) {
    static const std::map<std::string, std::string> kTypes = {{"nd-router-solicit", "133"},
                                                              {"nd-router-advert", "134"},
                                                              {"nd-neighbor-solicit", "135"},
                                                              {"nd-neighbor-advert", "136"},
                                                              {"nd-redirect", "137"}};
    const auto at = kTypes.find(name);
    return at == kTypes.end() ? name : at->second;
  }

  void protocol(const Items& got) {
    const auto has = [&](std::string_view name) {
      return std::find(got.values.begin(), got.values.end(), name) != got.values.end();
    };
    if (got.values.size() == 2 && has("tcp") && has("udp")) {
      set_protocol("tcp-udp");
    } else if (got.values.size() == 1) {
      const std::string& name = got.values.front();
      set_protocol(name == "ipv6-icmp" || name == "icmpv6" ? "icmpv6" : name);
      if (!parse_protocol(rule_.protocol)) lose(fmt::format("protocol \"{}\" is not known", name));
    } else {
      lose("a list of protocols cannot be expressed");
    }
    rule_.protocol_not = got.negated;
  }

  void interface(const Items& got) {
    if (got.values.size() == 1 && got.values.front() == "lo" && !got.negated) {
      is_loopback_ = true;
      return;
    }
    if (!rule_.interfaces.empty()) return lose("two conditions on interfaces");
    rule_.interfaces = got.values;
    rule_.interfaces_not = got.negated;
  }

  void state(const Items& got) {
    const auto has = [&](std::string_view name) {
      return std::find(got.values.begin(), got.values.end(), name) != got.values.end();
    };
    if (got.negated) return lose("negated connection state");
    if (has("new")) return;
    is_invalid_ = has("invalid") && got.values.size() == 1;
    is_established_ = !is_invalid_ && (has("established") || has("related"));
    if (!is_invalid_ && !is_established_) lose("connection state cannot be expressed");
  }

  const NftChain& chain_;
  const std::vector<std::string>& words_;
  const std::map<std::string, std::string>& sets_;
  std::size_t at_ = 0;
  Rule rule_;
  bool is_loopback_ = false;
  bool is_established_ = false;
  bool is_invalid_ = false;
  Outcome out_;
};

class Importer {
 public:
  Result<Imported> run(std::string_view text) {
    WD_TRY(read(text));
    for (const char* hook : {"input", "output"}) finish(hook);
    for (const auto& [key, chain] : chains_)
      if (!used_.contains(key))
        for (const Statement& statement : chain.rules)
          note(out_, ImportEffect::Lost, place(statement),
               fmt::format("chain {} of table {} is left to others", chain.name, chain.table));
    out_.policy.mode = "tap";
    return std::move(out_);
  }

 private:
  static std::string place(const Statement& statement) { return fmt::format("line {}", statement.number); }

  Result<void> read(std::string_view text) {
    std::size_t number = 0;
    std::string family, table, set, set_words;
    NftChain* chain = nullptr;
    bool is_known = false;
    for (const std::string_view raw : split(text, '\n')) {
      ++number;
      const std::string_view line = trim(raw);
      if (line.empty() || line.starts_with('#')) continue;
      const auto words = words_of(line);
      if (words.empty()) continue;
      if (!set.empty()) {  // until its closing brace; elements may go over lines
        set_words += std::string(line) + " ";
        if (line == "}") {
          take_set(table, set, set_words, number);
          set.clear();
          set_words.clear();
        }
      } else if (chain != nullptr) {
        if (line == "}") {
          chain = nullptr;
        } else if (words[0] == "type") {
          base_chain(*chain, words);
        } else {
          out_.rules_read += 1;
          chain->rules.push_back({number, words, std::string(line)});
        }
      } else if (words[0] == "table" && words.size() >= 3) {
        is_known = true;
        family = words.size() > 3 && words[2] != "{" ? words[1] : "ip";
        table = words.size() > 3 && words[2] != "{" ? words[2] : words[1];
      } else if (words[0] == "chain" && words.size() >= 2) {
        chain = &chains_[family + " " + table + " " + words[1]];
        chain->family = family;
        chain->table = table;
        chain->name = words[1];
      } else if ((words[0] == "set" || words[0] == "map") && words.size() >= 2) {
        set = words[1];
      }
    }
    if (!is_known) return fail(ErrorCode::Invalid, "no table, as nft list ruleset writes it");
    return {};
  }

  static void base_chain(NftChain& chain, const std::vector<std::string>& words) {
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
      if (words[i] == "hook") chain.hook = words[i + 1];
      if (words[i] == "policy") chain.is_drop = words[i + 1] == "drop";
      if (words[i] == "type" && words[i + 1] != "filter") {
        chain.hook = words[i + 1];  // nat, route: not ours
        return;
      }
    }
  }

  void take_set(const std::string& table, const std::string& name, const std::string& text, std::size_t number) {
    NamedList list;
    list.name = unique_id({}, named(table, name));
    bool is_elements = false;
    std::string type;
    const auto words = words_of(text);
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (words[i] == "type" && i + 1 < words.size()) type = words[i + 1];
      if (words[i] == "elements") is_elements = true;
      const bool is_item =
          is_elements && words[i] != "elements" && words[i] != "=" && words[i] != "{" && words[i] != ",";
      if (is_elements && words[i] == "}") break;
      if (!is_item) continue;
      if (words[i] == "timeout" || words[i] == "expires") {
        ++i;
        continue;
      }
      list.items.push_back(words[i]);
    }
    list.kind = type == "inet_service" ? "ports" : type == "ether_addr" ? "macs" : "addresses";
    const bool is_simple = type == "ipv4_addr" || type == "ipv6_addr" || type == "inet_service" || type == "ether_addr";
    if (!is_simple || list.items.empty()) {
      note(out_, is_simple ? ImportEffect::Info : ImportEffect::Lost, fmt::format("line {}", number),
           fmt::format("set {} is {}", name, is_simple ? "empty" : "of a kind that cannot be expressed"));
      return;
    }
    sets_[list.name] = list.kind;
    out_.policy.lists.push_back(std::move(list));
  }

  void finish(const std::string& hook) {
    std::vector<std::pair<std::vector<OrderedRule>, bool>> chains;
    for (const auto& [key, chain] : chains_) {
      const bool is_ours = chain.family == "inet" || chain.family == "ip" || chain.family == "ip6";
      if (chain.hook != hook || !is_ours) continue;
      rules_.clear();
      expand(key, Rule{}, 0);
      chains.emplace_back(std::move(rules_), chain.is_drop);
    }
    if (chains.size() > 1)
      note(out_, ImportEffect::Changed, hook,
           fmt::format("{} base chains are one: an accept of one ends all", chains.size()));
    std::vector<OrderedRule> all;
    bool is_drop = false;
    for (auto& [rules, drops] : chains) {
      is_drop = is_drop || drops;
      for (OrderedRule& rule : rules) all.push_back(std::move(rule));
    }
    while (!is_drop && !all.empty() && all.back().verdict == OrderedVerdict::Accept) {
      note(out_, ImportEffect::Info, all.back().place, "not needed: what no rule drops passes");
      out_.rules_carried += 1;
      all.pop_back();
    }
    order_rules(out_, std::move(all), is_drop, hook == "input" ? "incoming" : "outgoing");
  }

  void expand(const std::string& key, const Rule& outer, unsigned depth) {
    used_[key] = true;
    const NftChain& chain = chains_.at(key);
    for (const Statement& statement : chain.rules) {
      if (++looked_at_ > kMaxExpanded)
        return note(out_, ImportEffect::Lost, place(statement), "too many rules after jumps");
      take(chain, statement, outer, depth);
    }
  }

  void take(const NftChain& chain, const Statement& statement, const Rule& outer, unsigned depth) {
    RuleReader::Outcome got = RuleReader(chain, statement, sets_).read();
    if (got.lost.empty() && !got.verdicts.empty()) return take_map(chain, statement, got, outer, depth);
    const bool is_plain_jump = outer.protocol == "any" && outer.source_addresses.empty() &&
                               outer.destination_addresses.empty() && outer.destination_ports.empty() &&
                               outer.source_ports.empty() && outer.interfaces.empty() && outer.icmp.empty();
    if (got.lost.empty() && !is_plain_jump) got.lost = "it is reached by a jump under a condition";
    if (!got.lost.empty()) return note(out_, ImportEffect::Lost, place(statement), got.lost);
    if (!got.setting.empty()) {
      note(out_, ImportEffect::Info, place(statement), got.setting);
      out_.rules_carried += 1;
      return;
    }
    if (!got.changed.empty()) note(out_, ImportEffect::Changed, place(statement), got.changed);
    got.rule.id = got.rule.description.empty() ? fmt::format("line-{}", statement.number) : got.rule.description;
    got.rule.name = statement.text.substr(0, 200);
    if (got.logs) {
      note(out_, ImportEffect::Changed, place(statement),
           "log-only reports packets that pass; deny rules report theirs");
      if (got.verdict.empty()) rules_.push_back({got.rule, OrderedVerdict::Log, place(statement)});
    }
    decide(chain, statement, std::move(got), depth);
  }

  void decide(const NftChain& chain, const Statement& statement, RuleReader::Outcome got, unsigned depth) {
    if (const auto verdict = verdict_of(got.verdict)) {
      rules_.push_back({std::move(got.rule), *verdict, place(statement)});
    } else if (got.verdict == "jump" || got.verdict == "goto") {
      const std::string key = chain.family + " " + chain.table + " " + got.target;
      if (depth >= kMaxDepth || !chains_.contains(key))
        return note(out_, ImportEffect::Lost, place(statement), fmt::format("chain {} is not there", got.target));
      out_.rules_carried += 1;
      expand(key, got.rule, depth + 1);
    } else if (got.verdict == "return") {
      note(out_, ImportEffect::Lost, place(statement), "return cannot be expressed");
    } else if (!got.logs) {
      note(out_, ImportEffect::Info, place(statement), "only counts");
    }
  }

  /// "ct state vmap { established : accept, … }", "tcp dport vmap { 22 : accept }": one rule for each entry.
  void take_map(const NftChain& chain, const Statement& statement, const RuleReader::Outcome& map, const Rule& outer,
                unsigned depth) {
    const std::string& key = map.map_key;
    for (const auto& [item, verdict] : map.verdicts) {
      Statement one = statement;
      one.words = words_of(fmt::format("{} {} {}", key, item, verdict));
      take(chain, one, outer, depth);
    }
  }

  Imported out_;
  std::map<std::string, NftChain> chains_;
  std::map<std::string, std::string> sets_;
  std::map<std::string, bool> used_;
  std::vector<OrderedRule> rules_;
  std::size_t looked_at_ = 0;
};

}  // namespace

Result<Imported> import_nft(std::string_view text) {
  return Importer().run(text);
}

}  // namespace warder::firewall
