#include "host/system_identity.h"

#include "base/json.h"
#include "base/text.h"
#include "host/lines.h"

namespace warder::host {
namespace {

constexpr std::size_t kMaxSettings = 200;

// A value as a shell would read it: quotes off, backslashes resolved.
std::string unquote(std::string_view value) {
  if (value.size() < 2 || (value.front() != '"' && value.front() != '\'') || value.back() != value.front())
    return std::string(value);
  const bool has_escapes = value.front() == '"';
  value = value.substr(1, value.size() - 2);
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (has_escapes && value[i] == '\\' && i + 1 < value.size()) ++i;
    out += value[i];
  }
  return out;
}

std::string text_at(const json::object& object, std::string_view key) {
  const auto text = get_string(object, key);
  return text ? std::string(*text) : std::string();
}

}  // namespace

std::map<std::string, std::string, std::less<>> parse_os_release(std::string_view text) {
  std::map<std::string, std::string, std::less<>> settings;
  while (!text.empty() && settings.size() < kMaxSettings) {
    const std::string_view line = trim(take_line(text));
    const std::size_t equals = line.find('=');
    if (line.empty() || line.front() == '#' || equals == std::string_view::npos) continue;
    settings.insert_or_assign(std::string(line.substr(0, equals)), unquote(line.substr(equals + 1)));
  }
  return settings;
}

CloudIdentity parse_instance_data(std::string_view text) {
  CloudIdentity cloud;
  const auto parsed = parse_json(text, 4 << 20);
  if (!parsed || !parsed->is_object()) return cloud;
  const auto v1 = get_object(parsed->get_object(), "v1");
  if (!v1) return cloud;
  cloud.provider = text_at(**v1, "cloud_name");
  cloud.instance_id = text_at(**v1, "instance_id");
  cloud.region = text_at(**v1, "region");
  cloud.zone = text_at(**v1, "availability_zone");
  const json::object& all = parsed->get_object();
  const auto ds = get_object(all, "ds");
  const auto meta = ds ? get_object(**ds, "meta_data") : ds;
  if (meta) cloud.instance_type = text_at(**meta, "instance-type");
  return cloud;
}

std::string_view cloud_provider(std::string_view vendor, std::string_view product,
                                std::string_view asset_tag) noexcept {
  if (vendor == "Amazon EC2" || product.starts_with("Amazon EC2")) return "aws";
  if (vendor == "Google" || product == "Google Compute Engine") return "gcp";
  // Azure's own asset tag; the vendor alone is also any Hyper-V guest's.
  if (asset_tag == "7783-7084-3265-9085-8269-3286-77") return "azure";
  if (vendor == "DigitalOcean") return "digitalocean";
  if (vendor == "Hetzner") return "hetzner";
  if (vendor == "Scaleway") return "scaleway";
  if (vendor == "Vultr") return "vultr";
  if (vendor == "Alibaba Cloud" || product.starts_with("Alibaba Cloud")) return "aliyun";
  if (asset_tag == "OracleCloud.com") return "oracle";
  if (product == "OpenStack Nova" || product == "OpenStack Compute") return "openstack";
  return {};
}

}  // namespace warder::host
