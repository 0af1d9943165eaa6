// What this host is: operating system, kernel, hardware or hypervisor, cloud instance. All read from files; nothing
// asks the network.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace warder::host {

struct CloudIdentity {
  std::string provider;  // "aws", "gcp", "azure" …: cloud-init's name or the firmware's; empty: none
  std::string instance_id;
  std::string instance_type;
  std::string region;
  std::string zone;
  friend bool operator==(const CloudIdentity&, const CloudIdentity&) = default;
};

struct SystemIdentity {
  std::string hostname;
  std::string os_id;        // "debian"
  std::string os_like;      // "rhel fedora"
  std::string os_version;   // "12"
  std::string os_codename;  // "bookworm"
  std::string os_name;      // "Debian GNU/Linux 12 (bookworm)"
  std::string kernel_release;
  std::string kernel_version;
  std::string architecture;  // "x86_64"
  std::string vendor;        // DMI sys_vendor
  std::string product;       // DMI product_name
  std::string bios_version;
  std::uint64_t processors = 0;
  std::uint64_t memory_bytes = 0;
  std::string timezone;
  CloudIdentity cloud;
  friend bool operator==(const SystemIdentity&, const SystemIdentity&) = default;
};

/// os-release(5): keys and unquoted values.
std::map<std::string, std::string, std::less<>> parse_os_release(std::string_view text);
/// cloud-init's instance-data.json: what is under "v1".
CloudIdentity parse_instance_data(std::string_view text);
/// The provider by DMI strings: "Amazon EC2", "Google", "Microsoft Corporation" with the Azure asset tag …
std::string_view cloud_provider(std::string_view vendor, std::string_view product, std::string_view asset_tag) noexcept;

}  // namespace warder::host
