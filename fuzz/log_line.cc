// Lines: headers, the decoders that are code, JSON; in both dialects.
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "engines/loginspection/engine.h"

namespace {

using namespace warder::loginspection;

std::shared_ptr<const Compiled> make(Dialect dialect) {
  Definition definition;
  definition.dialect = dialect;
  definition.decoders = {{"decoders", R"(
    <decoder name="json"><prematch>^{</prematch><plugin_decoder>JSON_Decoder</plugin_decoder></decoder>
    <decoder name="alert"><prematch>^Alert Level</prematch><plugin_decoder>OSSECAlert_Decoder</plugin_decoder></decoder>
    <decoder name="pf"><prematch>^rule </prematch><plugin_decoder>PF_Decoder</plugin_decoder></decoder>
    <decoder name="sonicwall"><prematch>^id=</prematch><plugin_decoder>SonicWall_Decoder</plugin_decoder></decoder>
    <decoder name="symantec"><prematch>^2007</prematch><plugin_decoder>SymantecWS_Decoder</plugin_decoder></decoder>
    <decoder name="any"><program_name>^\w</program_name></decoder>
    <decoder name="any-a"><parent>any</parent><regex>(\w+)=(\S+)</regex><order>id, extra_data</order></decoder>
    <decoder name="any-a"><parent>any</parent><regex offset="after_regex">(\d+)</regex><order>status</order></decoder>)"}};
  definition.rules = {{"rules", R"(<group name="g,">
    <rule id="1" level="0" noalert="1"><category>syslog</category><description>x</description></rule>
    <rule id="20" level="3"><regex>\w+ (\d+)</regex><description>$(a.b)</description></rule>
    <rule id="21" level="9" frequency="2"><if_matched_sid>20</if_matched_sid><same_id/><description>x</description></rule>
    </group>)"}};
  return check(definition).compiled;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto ossec = make(Dialect::Ossec);
  static const auto wazuh = make(Dialect::Wazuh);
  const std::string_view text = warder::as_text({data, size});
  for (const auto& compiled : {ossec, wazuh}) {
    Engine engine(compiled);
    for (int i = 0; i < 3; ++i) engine.inspect({text, "fuzz", "here", {}, 0});
  }
  return 0;
}
