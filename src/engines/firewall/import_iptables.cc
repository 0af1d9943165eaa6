// iptables-save and ip6tables-save: the table filter's chains INPUT and OUTPUT, and the chains they jump to.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "engines/firewall/import_parts.h"
#include "engines/firewall/spec.h"

namespace warder::firewall {
namespace {

constexpr std::size_t kMaxExpanded = 20'000;  // as many as a policy has rules
constexpr unsigned kMaxDepth = 16;

struct Line {
  std::size_t number = 0;
  std::vector<std::string> words;
  std::string text;
};

struct Parsed {
  Rule rule;
  std::string target;
  std::string lost;                // why it cannot be carried; empty: it can
  std::vector<std::string> notes;  // what is a little different
  bool is_established = false;     // accepts what belongs to known connections
  bool is_invalid = false;         // ctstate INVALID
  bool is_loopback = false;
};

/// Words as a shell would split them, as far as iptables-save quotes.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool is_quoted = false;
  bool has_word = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && i + 1 < text.size()) {
      word += text[++i];
      has_word = true;
    } else if (c == '"') {
      is_quoted = !is_quoted;
      has_word = true;
    } else if ((c == ' ' || c == '\t') && !is_quoted) {
      if (has_word) words.push_back(std::exchange(word, {}));
      has_word = false;
    } else {
      word += c;
      has_word = true;
    }
  }
  if (has_word) words.push_back(std::move(word));
  return words;
}

std::vector<std::string> parts(std::string_view text) {
  std::vector<std::string> out;
  for (const std::string_view part : split(text, ',')) out.emplace_back(part);
  return out;
}

std::string ports_text(std::string text) {
  std::replace(text.begin(), text.end(), ':', '-');
  if (text.starts_with('-')) text = "0" + text;
  if (text.ends_with('-')) text += "65535";
  return text;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

/// Reads one rule's matches.
class MatchReader {
 public:
  explicit MatchReader(const Line& line) : words_(line.words) {}

  Parsed read() {
    at_ = 2;  // -A CHAIN
    while (at_ < words_.size() && out_.lost.empty()) {
      negated_ = words_[at_] == "!";
      if (negated_) ++at_;
      if (at_ >= words_.size()) break;
      option(words_[at_++]);
    }
    return std::move(out_);
  }

 private:
  std::string value() {
    if (at_ < words_.size() && words_[at_] == "!") {  // the older place of the sign
      negated_ = true;
      ++at_;
    }
    return at_ < words_.size() ? words_[at_++] : std::string();
  }
  void lose(std::string why) { out_.lost = std::move(why); }

  void option(const std::string& name) {
    Rule& rule = out_.rule;
    if (name == "-m" || name == "--match") return module(value());
    if (name == "-j" || name == "--jump" || name == "-g" || name == "--goto") return target(value());
    if (name == "-p" || name == "--protocol") return protocol(value());
    if (name == "-s" || name == "--source" || name == "--src-range")
      return list(rule.source_addresses, rule.source_addresses_not, parts(value()));
    if (name == "-d" || name == "--destination" || name == "--dst-range")
      return list(rule.destination_addresses, rule.destination_addresses_not, parts(value()));
    if (name == "-i" || name == "-o") return interface(value());
    if (name == "--sport" || name == "--source-port" || name == "--sports" || name == "--source-ports")
      return ports(rule.source_ports, rule.source_ports_not, value());
    if (name == "--dport" || name == "--destination-port" || name == "--dports" || name == "--destination-ports")
      return ports(rule.destination_ports, rule.destination_ports_not, value());
    if (name == "--mac-source") return list(rule.source_macs, rule.source_macs_not, {lower(value())});
    if (name == "--icmp-type" || name == "--icmpv6-type") return icmp(value());
    if (name == "--comment") {
      rule.description = value();
      return;
    }
    if (name == "--ctstate" || name == "--state") return state(parts(value()));
    if (name == "--syn") return syn();
    if (name == "--tcp-flags") return flags();
    if (name == "--physdev-in" || name == "--physdev-out") return lose("bridge ports cannot be named");
    lose(fmt::format("\"{}\" cannot be expressed", name));
  }

  void module(const std::string& name) {
    static constexpr std::string_view kKnown[] = {"tcp",       "udp",   "sctp", "icmp",    "icmp6",   "multiport",
                                                  "conntrack", "state", "mac",  "comment", "iprange", "dccp"};
    if (std::find(std::begin(kKnown), std::end(kKnown), name) == std::end(kKnown))
      lose(fmt::format("match \"{}\" cannot be expressed", name));
  }

  void target(const std::string& name) {
    out_.target = name;
    if (name == "REJECT") out_.notes.emplace_back("dropped without an answer instead of rejected");
    if (name != "LOG" && name != "NFLOG" && name != "REJECT") return;
    at_ = words_.size();  // their own options say nothing about packets
  }

  void protocol(const std::string& text) {
    if (text == "all" || text == "0") return;
    out_.rule.protocol = text == "ipv6-icmp" || text == "icmp6" ? "icmpv6" : text;
    out_.rule.protocol_not = negated_;
    if (!parse_protocol(out_.rule.protocol)) lose(fmt::format("protocol \"{}\" is not known", text));
  }

  void list(std::vector<std::string>& place, bool& is_not, std::vector<std::string> items) {
    if (!place.empty()) return lose("two conditions on one address");
    place = std::move(items);
    is_not = negated_;
  }

  void ports(std::vector<std::string>& place, bool& is_not, const std::string& text) {
    std::vector<std::string> items;
    for (const std::string& part : parts(text)) {
      items.push_back(ports_text(part));
      if (!parse_port_range(items.back())) return lose(fmt::format("port \"{}\" has a name; use numbers", part));
    }
    list(place, is_not, std::move(items));
  }

  void interface(std::string text) {
    if (text == "lo" && !negated_) {
      out_.is_loopback = true;
      return;
    }
    if (!text.empty() && text.back() == '+') text.back() = '*';
    if (!out_.rule.interfaces.empty()) return lose("two conditions on interfaces");
    out_.rule.interfaces = {text};
    out_.rule.interfaces_not = negated_;
  }

  void icmp(const std::string& text) {
    if (text == "any" || text == "255") return;
    const auto parsed = parse_icmp(text);
    if (!parsed) return lose(fmt::format("ICMP type \"{}\" is not known", text));
    out_.rule.icmp = {text};
    out_.rule.icmp_not = negated_;
  }

  void state(const std::vector<std::string>& states) {
    const auto has = [&](std::string_view name) {
      return std::find(states.begin(), states.end(), name) != states.end();
    };
    if (negated_) return lose("negated connection state");
    if (has("NEW")) return;  // the others pass by themselves
    if (has("INVALID") && states.size() == 1) {
      out_.is_invalid = true;
    } else if (has("ESTABLISHED") || has("RELATED")) {
      out_.is_established = true;
    } else {
      lose("connection state cannot be expressed");
    }
  }

  void syn() {
    out_.rule.tcp_flags = {"syn", "!ack", "!rst", "!fin"};
    out_.rule.tcp_flags_not = negated_;
  }

  void flags() {
    const auto mask = parts(lower(value()));
    const auto wanted = parts(lower(value()));
    const auto has = [](const std::vector<std::string>& all, std::string_view flag) {
      return std::find(all.begin(), all.end(), flag) != all.end();
    };
    for (const char* flag : {"fin", "syn", "rst", "psh", "ack", "urg"})
      if (has(mask, flag) || has(mask, "all"))
        out_.rule.tcp_flags.push_back((has(wanted, flag) || has(wanted, "all") ? "" : "!") + std::string(flag));
    out_.rule.tcp_flags_not = negated_;
    if (out_.rule.tcp_flags.empty()) lose("flags without a mask");
  }

  const std::vector<std::string>& words_;
  std::size_t at_ = 0;
  bool negated_ = false;
  Parsed out_;
};

/// Both at once, where no field has two conditions.
std::optional<Rule> both(const Rule& outer, Rule inner) {
  const auto take = [](auto& to, bool& to_not, const auto& from, bool from_not) {
    if (from.empty()) return true;
    if (!to.empty()) return to == from && to_not == from_not;
    to = from;
    to_not = from_not;
    return true;
  };
  if (outer.protocol != "any") {
    if (inner.protocol != "any" && (inner.protocol != outer.protocol || inner.protocol_not != outer.protocol_not))
      return std::nullopt;
    inner.protocol = outer.protocol;
    inner.protocol_not = outer.protocol_not;
  }
  const bool is_good =
      take(inner.source_addresses, inner.source_addresses_not, outer.source_addresses, outer.source_addresses_not) &&
      take(inner.destination_addresses, inner.destination_addresses_not, outer.destination_addresses,
           outer.destination_addresses_not) &&
      take(inner.source_ports, inner.source_ports_not, outer.source_ports, outer.source_ports_not) &&
      take(inner.destination_ports, inner.destination_ports_not, outer.destination_ports,
           outer.destination_ports_not) &&
      take(inner.source_macs, inner.source_macs_not, outer.source_macs, outer.source_macs_not) &&
      take(inner.tcp_flags, inner.tcp_flags_not, outer.tcp_flags, outer.tcp_flags_not) &&
      take(inner.icmp, inner.icmp_not, outer.icmp, outer.icmp_not) &&
      take(inner.interfaces, inner.interfaces_not, outer.interfaces, outer.interfaces_not);
  if (!is_good) return std::nullopt;
  if (inner.description.empty()) inner.description = outer.description;
  return inner;
}

class Importer {
 public:
  Result<Imported> run(std::string_view text) {
    WD_TRY(read(text));
    finish("INPUT", "incoming");
    finish("OUTPUT", "outgoing");
    for (const auto& [name, lines] : chains_)
      if (!used_.contains(name))
        for (const Line& line : lines)
          note(out_, ImportEffect::Lost, place(line),
               name == "FORWARD" ? "forwarded packets are left to others"
                                 : fmt::format("chain {} is not reached", name));
    out_.policy.mode = "tap";
    return std::move(out_);
  }

 private:
  static std::string place(const Line& line) { return fmt::format("line {}", line.number); }

  Result<void> read(std::string_view text) {
    std::string table = "filter";
    std::size_t number = 0;
    bool is_known = false;
    for (const std::string_view raw : split(text, '\n')) {
      ++number;
      std::string_view line = trim(raw);
      if (line.starts_with('[')) {  // packet and byte counters of iptables-save -c
        const auto end = line.find(']');
        line = end == std::string_view::npos ? line : trim(line.substr(end + 1));
      }
      if (line.empty() || line.starts_with('#') || line == "COMMIT") continue;
      if (line.starts_with('*')) {
        table = std::string(line.substr(1));
        is_known = true;
      } else if (line.starts_with(':')) {
        const auto words = split(line.substr(1), ' ');
        if (table == "filter" && words.size() > 1) policies_[std::string(words[0])] = std::string(words[1]);
        is_known = true;
      } else if (line.starts_with("-A ")) {
        is_known = true;
        take_rule(table, {number, words_of(line), std::string(line)});
      } else if (line.starts_with("-P ")) {  // iptables -S
        const auto words = split(line, ' ');
        if (words.size() > 2) policies_[std::string(words[1])] = std::string(words[2]);
        is_known = true;
      } else if (!line.starts_with("-N ")) {
        note(out_, ImportEffect::Lost, fmt::format("line {}", number), "not understood");
      }
    }
    if (!is_known) return fail(ErrorCode::Invalid, "no line is iptables-save's");
    return {};
  }

  void take_rule(const std::string& table, Line line) {
    out_.rules_read += 1;
    if (line.words.size() < 2) return;
    if (table != "filter") {
      note(out_, ImportEffect::Lost, place(line), fmt::format("table {} is left to others", table));
      return;
    }
    chains_[line.words[1]].push_back(std::move(line));
  }

  void finish(const std::string& chain, std::string_view direction) {
    rules_.clear();
    expand(chain, Rule{}, 0);
    const auto policy = policies_.find(chain);
    const bool is_drop = policy != policies_.end() && policy->second == "DROP";
    while (!is_drop && !rules_.empty() && rules_.back().verdict == OrderedVerdict::Accept) {
      note(out_, ImportEffect::Info, rules_.back().place, "not needed: what no rule drops passes");
      out_.rules_carried += 1;
      rules_.pop_back();
    }
    order_rules(out_, std::move(rules_), is_drop, direction);
  }

  void expand(const std::string& chain, const Rule& outer, unsigned depth) {
    used_[chain] = true;
    const auto lines = chains_.find(chain);
    if (lines == chains_.end()) return;
    for (const Line& line : lines->second) {
      if (++looked_at_ > kMaxExpanded)  // chains that jump to one another multiply
        return note(out_, ImportEffect::Lost, place(line), "too many rules after jumps");
      if (!take(line, outer, depth)) return;
    }
  }

  /// False: what follows in the chain is not reached.
  bool take(const Line& line, const Rule& outer, unsigned depth) {
    Parsed parsed = MatchReader(line).read();
    if (!parsed.lost.empty()) {
      note(out_, ImportEffect::Lost, place(line), parsed.lost);
      return true;
    }
    if (carried_by_settings(line, parsed)) return true;
    for (const std::string& text : parsed.notes) note(out_, ImportEffect::Changed, place(line), text);
    auto merged = both(outer, parsed.rule);
    if (!merged) {
      note(out_, ImportEffect::Lost, place(line), "it and the jump to its chain ask the same field twice");
      return true;
    }
    if (parsed.target == "RETURN") {
      const bool is_plain = line.words.size() == 4;
      if (!is_plain) note(out_, ImportEffect::Lost, place(line), "RETURN under a condition cannot be expressed");
      return !is_plain;
    }
    if (const auto verdict = verdict_of(parsed.target)) {
      if (*verdict == OrderedVerdict::Log)
        note(out_, ImportEffect::Changed, place(line), "log-only reports packets that pass; deny rules report theirs");
      merged->id = merged->description.empty() ? fmt::format("line-{}", line.number) : merged->description;
      merged->name = line.text.substr(0, 200);
      rules_.push_back({std::move(*merged), *verdict, place(line)});
      return true;
    }
    if (parsed.target.empty()) {
      note(out_, ImportEffect::Info, place(line), "only counts");
    } else if (depth >= kMaxDepth || !(chains_.contains(parsed.target) || policies_.contains(parsed.target))) {
      note(out_, ImportEffect::Lost, place(line), fmt::format("target {} cannot be expressed", parsed.target));
    } else {
      out_.rules_carried += 1;
      expand(parsed.target, *merged, depth + 1);
    }
    return true;
  }

  bool carried_by_settings(const Line& line, const Parsed& parsed) {
    const auto verdict = verdict_of(parsed.target);
    std::string text;
    if (parsed.is_loopback && verdict) text = "the loopback interface always passes";
    if (parsed.is_established && verdict == OrderedVerdict::Accept) text = "replies pass: stateful_tcp, _udp, _icmp";
    if (parsed.is_invalid && verdict == OrderedVerdict::Drop)
      text = "packets of no connection are dropped: stateful_tcp";
    if (text.empty() && (parsed.is_established || parsed.is_invalid || parsed.is_loopback)) {
      note(out_, ImportEffect::Lost, place(line), "this use of connection state or loopback cannot be expressed");
      return true;
    }
    if (text.empty()) return false;
    note(out_, parsed.is_loopback && verdict == OrderedVerdict::Drop ? ImportEffect::Lost : ImportEffect::Info,
         place(line), std::move(text));
    out_.rules_carried += 1;
    return true;
  }

  Imported out_;
  std::map<std::string, std::vector<Line>> chains_;
  std::map<std::string, std::string> policies_;
  std::map<std::string, bool> used_;
  std::size_t looked_at_ = 0;  // lines, as often as jumps lead to them
  std::vector<OrderedRule> rules_;
};

}  // namespace

Result<Imported> import_iptables(std::string_view text) {
  return Importer().run(text);
}

}  // namespace warder::firewall
