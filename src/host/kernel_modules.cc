#include "host/kernel_modules.h"

#include "base/text.h"
#include "host/lines.h"

namespace warder::host {

std::vector<KernelModule> parse_modules(std::string_view text) {
  std::vector<KernelModule> modules;
  while (!text.empty() && modules.size() < kMaxKernelModules) {
    std::string_view line = take_line(text);
    KernelModule module;
    module.name = take_word(line);
    const auto bytes = parse_integer<std::uint64_t>(take_word(line));
    take_word(line);  // how many hold it
    const std::string_view used_by = take_word(line);
    module.state = take_word(line);
    take_word(line);  // its address
    std::string_view taint = take_word(line);
    if (!bytes || module.state.empty()) continue;
    module.bytes = *bytes;
    for (const std::string_view one : split(used_by, ','))
      if (!one.empty() && one != "-" && one != "[permanent]") module.used_by.emplace_back(one);
    if (taint.starts_with('(') && taint.ends_with(')')) module.taint = taint.substr(1, taint.size() - 2);
    modules.push_back(std::move(module));
  }
  return modules;
}

}  // namespace warder::host
