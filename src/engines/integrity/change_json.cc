#include "engines/integrity/change_json.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <chrono>
#include <ctime>

#include "base/text.h"
#include "engines/integrity/text_diff.h"

namespace warder::integrity {
namespace {

namespace json = boost::json;

// RFC 3339 with all nine digits that the kernel keeps.
std::string time_text(std::int64_t ns) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  std::int64_t seconds = ns / kSecond;
  std::int64_t rest = ns % kSecond;
  if (rest < 0) {
    rest += kSecond;
    --seconds;
  }
  std::tm parts{};
  const std::time_t when = seconds;
  if (::gmtime_r(&when, &parts) == nullptr) return fmt::format("{}", ns);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, rest);
}

json::value text_or_null(std::string_view text) {
  return text.empty() ? json::value(nullptr) : json::value(json::string(escape_non_utf8(text)));
}

json::value hash_or_null(const std::string& bytes) {
  return bytes.empty() ? json::value(nullptr) : json::value(json::string(to_hex(as_bytes(bytes))));
}

// As lsattr(1) writes them.
std::string flags_text(std::uint32_t flags) {
  std::string text;
  const auto add = [&](host::FileFlag flag, char letter) {
    if ((flags & static_cast<std::uint32_t>(flag)) != 0) text += letter;
  };
  add(host::FileFlag::AppendOnly, 'a');
  add(host::FileFlag::Compressed, 'c');
  add(host::FileFlag::NoDump, 'd');
  add(host::FileFlag::Encrypted, 'E');
  add(host::FileFlag::Immutable, 'i');
  add(host::FileFlag::Verity, 'V');
  return text;
}

json::value value_of(const Entity& entity, Attribute attribute) {
  const host::FileStat& stat = entity.stat;
  switch (attribute) {
    case Attribute::Content:
      return entity.digest ? json::value(json::string(to_hex(*entity.digest))) : json::value(nullptr);
    case Attribute::Size:
      return stat.bytes;
    case Attribute::Type:
      return json::string(host::name(stat.kind));
    case Attribute::Target:
      return text_or_null(entity.target);
    case Attribute::Mode:
      return json::string(fmt::format("{:04o}", stat.mode));
    case Attribute::Owner:
      return stat.uid;
    case Attribute::Group:
      return stat.gid;
    case Attribute::Created:
      return stat.born_ns == 0 ? json::value(nullptr) : json::value(json::string(time_text(stat.born_ns)));
    case Attribute::LastModified:
      return json::string(time_text(stat.modified_ns));
    case Attribute::LastAccessed:
      return json::string(time_text(stat.accessed_ns));
    case Attribute::Acl:
      return text_or_null(entity.extras.acl);
    case Attribute::Capabilities:
      return text_or_null(entity.extras.capabilities);
    case Attribute::Extended:
      return text_or_null(entity.extras.attributes);
    case Attribute::Flags:
      return json::string(flags_text(stat.flags));
    case Attribute::Inode:
      return stat.inode;
    case Attribute::Device:
      return json::string(fmt::format("{}:{}", stat.device >> 32U, stat.device & 0xffffffffU));
    case Attribute::Blocks:
      return stat.blocks;
    case Attribute::Links:
      return stat.links;
    case Attribute::Growing:
    case Attribute::Shrinking:
      return true;
    case Attribute::Md5:
      return hash_or_null(entity.md5);
    case Attribute::Sha1:
      return hash_or_null(entity.sha1);
    case Attribute::Sha512:
      return hash_or_null(entity.sha512);
    case Attribute::Blake3:
      return hash_or_null(entity.blake3);
  }
  return nullptr;
}

json::value actor_json(const std::optional<host::ProcessInfo>& actor) {
  if (!actor) return nullptr;
  const auto number = [](const std::optional<std::uint32_t>& id) {
    return id ? json::value(*id) : json::value(nullptr);
  };
  return json::object{{"pid", actor->pid},
                      {"executable", text_or_null(actor->executable)},
                      {"command_line", text_or_null(actor->command_line)},
                      {"user", number(actor->uid)},
                      {"login_user", number(actor->login_uid)},
                      {"container", text_or_null(actor->container_id)}};
}

std::string cell(const json::value& value) {
  if (value.is_string()) {
    std::string text;
    for (const char c : std::string_view(value.get_string()))
      text += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    return text;
  }
  return value.is_null() ? "-" : json::serialize(value);
}

}  // namespace

json::object describe(const Entity& entity, AttributeSet attributes) {
  json::object object;
  for (const AttributeName& each : attribute_names())
    if (contains(attributes, each.attribute)) object[each.rule_name] = value_of(entity, each.attribute);
  return object;
}

json::object to_json(const Change& change, const std::optional<host::ProcessInfo>& actor) {
  json::object object{{"change", json::string(name(change.kind))},
                      {"entity", json::string(name(change.set))},
                      {"key", json::string(escape_non_utf8(change.key))},
                      {"was", nullptr},
                      {"is", nullptr},
                      {"rule_id", json::string(change.rule->id)},
                      {"severity", json::string(name(change.rule->severity))},
                      {"actor", actor_json(actor)}};
  if (change.was) object["was"] = describe(*change.was, change.attributes);
  if (change.is) {
    json::object is = describe(*change.is, change.attributes);
    // These two are about the change itself: true until the file went the other way.
    for (const Attribute each : {Attribute::Growing, Attribute::Shrinking})
      if (change.was && contains(change.attributes, each))
        is[each == Attribute::Growing ? "growing" : "shrinking"] = false;
    object["is"] = std::move(is);
  }
  if (change.kind == ChangeKind::Renamed) {
    object["was"].as_object()["key"] = json::string(escape_non_utf8(change.old_key));
    object["is"].as_object()["key"] = json::string(escape_non_utf8(change.key));
  }
  const bool has_texts = change.was && change.is && !change.was->content.empty() && !change.is->content.empty();
  if (has_texts && change.was->content != change.is->content)
    object["diff"] = json::string(text_diff(change.was->content, change.is->content));
  return object;
}

std::string to_text(const Change& change, const std::optional<host::ProcessInfo>& actor) {
  const json::object object = to_json(change, actor);
  std::string line = fmt::format("{:<8} {}", name(change.kind), cell(object.at("key")));
  if (change.kind == ChangeKind::Renamed) line += " (was " + cell(object.at("was").at("key")) + ")";
  if (change.was && change.is) {
    std::string_view separator = "  ";
    for (const auto& [key, value] : object.at("is").as_object()) {
      const json::value* was = object.at("was").as_object().if_contains(key);
      if (key == "key" || was == nullptr) continue;
      line += fmt::format("{}{} {} -> {}", separator, std::string_view(key), cell(*was), cell(value));
      separator = ", ";
    }
  }
  line += fmt::format("  [{} {}]", change.rule->id, name(change.rule->severity));
  if (actor) line += fmt::format("  by {} (pid {})", cell(object.at("actor").at("executable")), actor->pid);
  return line;
}

}  // namespace warder::integrity
