#include "engines/ips/replay.h"

#include <set>

#include "base/text.h"
#include "packet/capture_file.h"

namespace warder::ips {

namespace {

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash + 1);
}

std::string protocol_name(const Alert& alert) {
  switch (alert.transport) {
    case packet::Transport::Tcp:
      return "TCP";
    case packet::Transport::Udp:
      return "UDP";
    case packet::Transport::Icmp:
      return "ICMP";
    case packet::Transport::Icmp6:
      return "IPv6-ICMP";
    case packet::Transport::Sctp:
      return "SCTP";
    case packet::Transport::Igmp:
      return "IGMP";
    case packet::Transport::Esp:
      return "ESP";
    case packet::Transport::None:
      break;
  }
  struct Name {
    std::uint8_t number;
    std::string_view name;
  };
  static constexpr Name kNames[] = {{1, "ICMP"},  {2, "IGMP"},  {4, "IPv4"},   {6, "TCP"},   {17, "UDP"},
                                    {41, "IPv6"}, {47, "GRE"},  {50, "ESP"},   {51, "AH"},   {58, "IPv6-ICMP"},
                                    {89, "OSPF"}, {103, "PIM"}, {112, "VRRP"}, {132, "SCTP"}};
  for (const auto& row : kNames) {
    if (row.number == alert.protocol) return std::string(row.name);
  }
  return std::to_string(alert.protocol);
}

/// IPv6 in full, as the field's other tools write it into their events.
std::string address_text(const IpAddress& address) {
  if (address.is_v4()) return address.text();
  const auto hex = to_hex(address.bytes());
  std::string text;
  for (std::size_t i = 0; i < hex.size(); i += 4) text += (i == 0 ? "" : ":") + hex.substr(i, 4);
  return text;
}

std::string_view app_name(app::Protocol protocol) {
  return protocol == app::Protocol::Http1 ? "http" : app::name(protocol);
}

class Line {
 public:
  void text(std::string_view key, std::string_view value) {
    begin(key);
    append_json_string(out_, escape_non_utf8(value));
  }
  void number(std::string_view key, std::uint64_t value) {
    begin(key);
    out_ += std::to_string(value);
  }
  std::string finish() && { return std::move(out_) + "}"; }

 private:
  void begin(std::string_view key) {
    out_ += out_.empty() ? '{' : ',';
    append_json_string(out_, key);
    out_ += ':';
  }
  std::string out_;
};

}  // namespace

LoadedRules load_rule_files(const std::vector<RuleFile>& files, Variables variables,
                            const std::function<Result<std::string>(const std::string& path)>& read,
                            const std::function<bool(Rule&, const std::string&)>& keeps) {
  LoadContext context;
  context.variables = std::move(variables);
  RuleLoader loader(context);
  for (const auto& file : files) {
    if (const auto classes = read(folder_of(file.path) + "classification.config")) loader.add_classes(*classes);
  }
  std::set<std::string> seen;
  for (const auto& file : files) {
    const auto folder = folder_of(file.path);
    if (const auto thresholds = read(folder + "threshold.config"); thresholds && seen.insert(folder).second) {
      loader.add_thresholds(folder + "threshold.config", *thresholds);
    }
    if (const auto categories = read(folder + "categories.txt")) {
      for (const auto* const name : {"reputation.list", "iprep.list"}) {
        if (const auto list = read(folder + name)) loader.add_reputation(*categories, *list);
      }
    }
    loader.add(file.path, file.text, [&](std::string_view name) {
      const bool is_absolute = name.starts_with('/');
      return read(is_absolute ? std::string(name) : folder_of(file.path) + std::string(name));
    });
  }
  if (keeps) loader.adjust(keeps);
  return std::move(loader).finish();
}

std::string to_json_line(const Alert& alert) {
  Line line;
  line.text("time", to_rfc3339(alert.time));
  line.number("sid", alert.rule->sid);
  line.number("rev", alert.rule->rev);
  line.number("gid", alert.rule->gid);
  line.text("msg", alert.rule->message);
  line.text("action", alert.is_blocked ? "blocked" : "allowed");
  line.text("proto", protocol_name(alert));
  line.text("src", address_text(alert.source));
  line.number("sport", alert.source_port);
  line.text("dst", address_text(alert.destination));
  line.number("dport", alert.destination_port);
  line.number("flow", alert.flow);
  line.text("app", app_name(alert.app));
  line.number("packet", alert.packet);
  return std::move(line).finish();
}

Result<void> replay(ByteView capture, Engine& engine, const std::function<void(const Alert&)>& on_alert) {
  auto reader = WD_TRY(packet::CaptureReader::open(capture));
  Result<void> outcome;
  while (true) {
    auto frame = reader.next();
    if (!frame) {
      outcome = fail(std::move(frame).error());
      break;
    }
    if (!frame->has_value()) break;
    for (const auto& alert : engine.inspect(**frame).alerts) on_alert(alert);
  }
  for (const auto& alert : engine.finish()) on_alert(alert);
  return outcome;
}

}  // namespace warder::ips
