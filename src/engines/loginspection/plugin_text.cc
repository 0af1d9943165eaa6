#include <algorithm>
#include <array>

#include "base/text.h"
#include "engines/loginspection/decoder.h"
#include "engines/loginspection/plugin.h"

namespace warder::loginspection {

namespace {

/// Looks through a text from left to right.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}
  /// Goes behind the next `what`; false when there is none.
  bool skip_past(std::string_view what) {
    const std::size_t found = rest_.find(what);
    if (found == std::string_view::npos) return false;
    rest_.remove_prefix(found + what.size());
    return true;
  }
  bool skip(std::string_view what) {
    if (!rest_.starts_with(what)) return false;
    rest_.remove_prefix(what.size());
    return true;
  }
  /// What stands before `end`, and goes behind it; nothing when there is no `end`.
  std::optional<std::string_view> until(char end) {
    const std::size_t found = rest_.find(end);
    if (found == std::string_view::npos) return std::nullopt;
    const std::string_view text = rest_.substr(0, found);
    rest_.remove_prefix(found + 1);
    return text;
  }
  std::string_view digits() {
    const std::size_t size = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    const std::string_view text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return text;
  }
  [[nodiscard]] std::string_view rest() const noexcept { return rest_; }
  [[nodiscard]] char peek() const noexcept { return rest_.empty() ? '\0' : rest_.front(); }

 private:
  std::string_view rest_;
};

/// "192.0.2.1.6667": the address, and the port behind its fourth point.
void set_endpoint(Event& event, std::string_view text, FieldId address, FieldId port) {
  std::size_t at = 0;
  for (int points = 0; at < text.size() && (text[at] != '.' || ++points < 4); ++at) {
  }
  event.set(address, text.substr(0, at));
  if (at < text.size()) event.set(port, text.substr(at + 1));
}

/// "192.0.2.1:36701:WAN" in front of the cursor: address and port.
bool read_endpoint(Cursor& cursor, std::string_view& address, std::string_view& port) {
  const auto text = cursor.until(':');
  if (!text || std::count(text->begin(), text->end(), '.') != 3 ||
      text->find_first_not_of("0123456789.") != std::string_view::npos) {
    return false;
  }
  address = *text;
  port = cursor.digits();
  return !port.empty() && cursor.skip(":");
}

struct SonicWallAction {
  std::string_view id;
  std::string_view action;
};
constexpr std::array<SonicWallAction, 9> kSonicWallActions = {{{"98", "pass"},
                                                               {"597", "pass"},
                                                               {"598", "pass"},
                                                               {"38", "drop"},
                                                               {"36", "drop"},
                                                               {"173", "drop"},
                                                               {"174", "drop"},
                                                               {"37", "drop"},
                                                               {"537", "close"}}};

/// "pri=6 c=32 m=98 " somewhere: status, class and id.
bool read_sonicwall_ids(Cursor& cursor, std::string_view& priority, std::string_view& klass, std::string_view& id) {
  while (cursor.skip_past("pri=")) {
    Cursor inner = cursor;
    priority = inner.digits();
    if (priority.size() != 1 || !inner.skip(" c=")) continue;
    klass = inner.digits();
    if (klass.empty() || !inner.skip(" m=")) continue;
    id = inner.digits();
    if (id.empty() || !inner.skip(" ")) continue;
    cursor = inner;
    return true;
  }
  return false;
}

bool read_sonicwall_endpoints(Event& event, Cursor& cursor) {
  while (cursor.skip_past("src=")) {
    Cursor inner = cursor;
    std::string_view source;
    std::string_view source_port;
    std::string_view target;
    std::string_view target_port;
    if (!read_endpoint(inner, source, source_port) || !inner.until(' ') || !inner.skip("dst=") ||
        !read_endpoint(inner, target, target_port)) {
      continue;
    }
    event.set(field::kSrcIp, source);
    event.set(field::kSrcPort, source_port);
    event.set(field::kDstIp, target);
    event.set(field::kDstPort, target_port);
    cursor = inner;
    return true;
  }
  return false;
}

/// "result=200 dstname=host arg=/path" at the end.
void read_sonicwall_proxy(Event& event, Cursor cursor) {
  event.category = Category::Squid;
  if (!cursor.skip_past("result=")) return;
  const std::string_view result = cursor.digits();
  if (result.empty() || !cursor.skip(" dstname=")) return;
  const auto host = cursor.until(' ');
  if (!host || !cursor.skip("arg=") || cursor.rest().find(' ') != std::string_view::npos) return;
  event.set(field::kId, result);
  const auto url = event.allocate(host->size() + cursor.rest().size());
  std::copy(cursor.rest().begin(), cursor.rest().end(), std::copy(host->begin(), host->end(), url.begin()));
  event.set(field::kUrl, {url.data(), url.size()});
}

}  // namespace

void decode_pf(Event& event, const Decoder&, std::string_view text) {
  Cursor cursor(text);
  if (!cursor.skip_past(")") || !cursor.skip(" ")) return;
  if (cursor.peek() != 'p' && cursor.peek() != 'b') return;
  event.set(field::kAction, cursor.peek() == 'p' ? "pass" : "block");
  if (!cursor.skip_past(":") || !cursor.skip(" ")) return;
  const auto source = cursor.until(' ');
  if (!source) return;
  set_endpoint(event, *source, field::kSrcIp, field::kSrcPort);
  if (!cursor.skip("> ")) return;
  const auto target = cursor.until(':');
  if (!target) return;
  set_endpoint(event, *target, field::kDstIp, field::kDstPort);
  while (cursor.skip(" ")) {
  }
  if (cursor.rest().empty()) return;
  event.set(field::kProtocol, cursor.peek() == 'u' ? "UDP" : cursor.peek() == 'i' ? "ICMP" : "TCP");
}

void decode_sonicwall(Event& event, const Decoder&, std::string_view text) {
  event.category = Category::Syslog;
  Cursor cursor(text);
  std::string_view priority;
  std::string_view klass;
  std::string_view id;
  if (!read_sonicwall_ids(cursor, priority, klass, id)) return;
  event.set(field::kStatus, priority);
  event.set(field::kId, id);
  if (!read_sonicwall_endpoints(event, cursor)) return;
  if (cursor.until(' ') && cursor.skip("proto=")) {
    const std::string_view protocol = cursor.rest().substr(0, cursor.rest().find_first_of("/ \""));
    event.set(field::kProtocol, protocol.substr(0, 6));
  }
  if (klass == "32") {
    event.category = Category::Ids;
  } else if (id == "97") {
    read_sonicwall_proxy(event, cursor);
  } else {
    const auto* const found = std::find_if(kSonicWallActions.begin(), kSonicWallActions.end(),
                                           [&](const SonicWallAction& row) { return row.id == id; });
    if (found == kSonicWallActions.end()) return;
    event.category = Category::Firewall;
    event.set(field::kAction, found->action);
  }
}

void decode_symantec(Event& event, const Decoder&, std::string_view text) {
  const std::size_t comma = text.find(',');
  if (comma == std::string_view::npos) return;
  for (const std::string_view part : split(text.substr(comma + 1), ',')) {
    const auto set_once = [&](FieldId id, std::string_view value) {
      if (!event.has(id)) event.set(id, value);
    };
    if (part.starts_with("10=")) {
      set_once(field::kDstUser, part.substr(3, 128));
    } else if (part.starts_with("11=")) {
      set_once(field::kSrcIp, part.substr(3, 128));
    } else if (part.starts_with("60=")) {
      set_once(field::kUrl, part.substr(3, 1024));
    } else if (part.starts_with("3=") || part.starts_with("2=")) {
      set_once(field::kId, part.substr(0, 9));
    }
  }
}

void decode_alert(Event& event, const Decoder&, std::string_view text) {
  Cursor cursor(text);
  if (!cursor.skip("Alert Level:") || !cursor.skip_past(";") || !cursor.skip_past(":") || !cursor.skip(" ")) return;
  const auto rule = cursor.until(' ');
  if (!rule || !cursor.skip_past(";") || !cursor.skip(" Location: ")) return;
  const auto id = parse_integer<std::uint32_t>(*rule);
  const auto location = cursor.until(';');
  if (!id || !location) return;
  event.set(field::kLocation, *location);
  while (cursor.peek() == ' ' && cursor.rest().size() > 1 && cursor.rest()[1] != ' ') {
    const auto value = cursor.until(';');
    if (!value) return;
    const std::string_view pair = trim(*value);
    if (pair.starts_with("srcip: ")) event.set(field::kSrcIp, pair.substr(7));
    if (pair.starts_with("user: ")) event.set(field::kDstUser, pair.substr(6));
  }
  event.set(field::kLog, trim(cursor.rest()));
  event.referred_rule = *id;
}

namespace {
struct PluginRow {
  std::string_view name;
  Plugin plugin;
};
constexpr std::array<PluginRow, 5> kPlugins = {{{"JSON_Decoder", decode_json},
                                                {"PF_Decoder", decode_pf},
                                                {"SonicWall_Decoder", decode_sonicwall},
                                                {"SymantecWS_Decoder", decode_symantec},
                                                {"OSSECAlert_Decoder", decode_alert}}};
}  // namespace

Plugin find_plugin(std::string_view name) noexcept {
  const auto* const found =
      std::find_if(kPlugins.begin(), kPlugins.end(), [&](const PluginRow& row) { return row.name == name; });
  return found == kPlugins.end() ? nullptr : found->plugin;
}

std::string_view name_of_plugin(Plugin plugin) noexcept {
  const auto* const found =
      std::find_if(kPlugins.begin(), kPlugins.end(), [&](const PluginRow& row) { return row.plugin == plugin; });
  return found == kPlugins.end() ? std::string_view() : found->name;
}

}  // namespace warder::loginspection
