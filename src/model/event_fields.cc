#include "model/event_fields.h"

#include <algorithm>

namespace warder {
namespace {

using enum EventFieldType;
using enum PersonalData;

// Sorted by key; a test checks it. Names follow OpenTelemetry and ECS where those have one.
constexpr EventField kEventFields[] = {
    {"agent.id", Text, None, "Agent that the event is about, where it is not the one that sent it"},
    {"agent.version", Text, None, "Version of the agent"},
    {"alert.group", Text, Content, "What an alert is about, as JSON"},
    {"alert.id", Text, None, "Alert that the event is about"},
    {"alert.rule", Text, None, "Rule of an alert: an id of the catalogue or of the tenant's own"},
    {"audit.action", Text, None, "What somebody did in the manager: policy.update"},
    {"audit.actor", Text, Identifier, "Who did it: a user, an API key or a job"},
    {"audit.entry", Integer, None, "Entry of the audit log; the first that is not as it was written"},
    {"audit.held", Text, None, "Signed checkpoint of the audit log that a host remembers"},
    {"audit.object", Text, Identifier, "What it was done to: policy:<id>"},
    {"audit.offered", Text, None, "What the manager says of the audit log instead, signed"},
    {"certificate.not_after", Time, None, "When a certificate expires"},
    {"change.attributes", Text, None, "What changed, as a list: content, mode, owner, group, size, type, target"},
    {"change.explained_by", Text, None,
     "Why the change is no alarm: a package, a maintenance window, a ticket, an approval"},
    {"change.explained_reason", Text, Content, "Why a person says that the change was expected"},
    {"change.is", Text, Content, "The value after the change"},
    {"change.severity_was", Text, None, "Severity of the event before it was explained afterwards"},
    {"change.was", Text, Content, "The value before the change"},
    {"change.while_stopped", Boolean, None,
     "The change was found by comparing with the baseline, not seen as it happened"},
    {"command.id", Text, None, "Command from the manager"},
    {"command.name", Text, None, "Name of a command"},
    {"container.id", Text, None, "Container that the process runs in"},
    {"content.digest", Text, None, "SHA-256 of a content pack"},
    {"content.pack", Text, None, "Name of a content pack"},
    {"count", Integer, None, "How many times, or how many things"},
    {"destination.ip", Ip, Identifier, "Address that a connection goes to"},
    {"destination.port", Integer, None, "Port that a connection goes to"},
    {"directory.name", Text, None, "Directory (LDAP, Active Directory) whose people log in here"},
    {"duration_ms", Integer, None, "How long it took, in milliseconds"},
    {"entity.key", Text, Identifier, "Which user, port, package … it is"},
    {"entity.kind", Text, None, "Kind of an entity that is no file, as rules name its set: UserSet, PortSet"},
    {"error", Text, None, "What went wrong"},
    {"event.forward", Boolean, None, "Whether the policy wants the event forwarded to other systems"},
    {"event.time_sent", Time, None,
     "The time that the agent gave, where it was beyond the limits and the event is kept as of its reception"},
    {"file.gid", Integer, None, "Group number of the file"},
    {"file.group", Text, None, "Group of the file"},
    {"file.hash.sha256", Text, None, "SHA-256 of the content"},
    {"file.hash.sha256.was", Text, None, "SHA-256 of the content before the change"},
    {"file.inode", Integer, None, "Inode number"},
    {"file.mode", Text, None, "Permission bits, octal"},
    {"file.mode.was", Text, None, "Permission bits before the change, octal"},
    {"file.mtime", Time, None, "When the content was last changed"},
    {"file.owner", Text, Identifier, "User who owns the file"},
    {"file.owner.was", Text, Identifier, "User who owned the file before the change"},
    {"file.path", Text, Content, "Path of the file; bytes that are not UTF-8 as \\xNN"},
    {"file.path.was", Text, Content, "Path before a rename"},
    {"file.size", Integer, None, "Size in bytes"},
    {"file.size.was", Integer, None, "Size before the change, in bytes"},
    {"file.state", Text, None,
     "One digest over what hosts are compared by: kind, content, target, owner, mode, capabilities and access lists"},
    {"file.target", Text, Content, "What a symbolic link points to"},
    {"file.type", Text, None, "file, directory, symlink, socket, fifo or device"},
    {"file.uid", Integer, Identifier, "Number of the user who owns the file"},
    {"firewall.blocked_min", Integer, None, "Minutes for which the source is blocked"},
    {"firewall.code", Integer, None, "Event code, after Deep Security's: 21 deny rule, 123 out of allowed policy …"},
    {"firewall.reason", Text, None, "Why the packet was refused or recorded"},
    {"firewall.recon", Text, None, "port-scan, network-scan, fingerprint, null, xmas or syn-fin"},
    {"firewall.recon.addresses", Integer, None, "Different addresses that a scan tried"},
    {"firewall.recon.ports", Integer, None, "Different ports that a scan tried"},
    {"firewall.recon.slow", Boolean, None, "The scan took longer than the short window"},
    {"incident.id", Text, None, "Incident"},
    {"incident.number", Integer, None, "Number of the incident"},
    {"incident.title", Text, Content, "What the incident is about, as who declared it says"},
    {"limit", Integer, None, "How many were agreed"},
    {"log.decoder", Text, None, "Decoder that understood the line"},
    {"log.fields", Text, Content, "What was decoded from the line and has no field of its own, as JSON"},
    {"log.host", Text, None, "Host that the line names, or that sent it"},
    {"log.line", Text, Content, "The line, or the lines that are one record"},
    {"log.program", Text, None, "Program that the line names"},
    {"log.source", Text, None, "File, journal, sender or command that the line came from"},
    {"log.time", Text, None, "Time as the line has it"},
    {"loss.events", Integer, None, "Events that were lost"},
    {"loss.first_sequence", Integer, None, "First sequence number of the gap"},
    {"loss.last_sequence", Integer, None, "Last sequence number of the gap"},
    {"malware.action", Text, None, "What was done to the file: pass, deny, quarantine, delete, kill"},
    {"malware.engine", Text, None, "What found it: clamav, yara, hash, tlsh, builtin, heuristic"},
    {"malware.failed", Text, None, "The action that was tried first and failed"},
    {"malware.files", Text, Content, "Files that were touched, a line each"},
    {"malware.occasion", Text, None, "How the file came to be looked at: open, execute, write, scan"},
    {"malware.signature", Text, None, "Name of the malware, as what found it calls it"},
    {"module.name", Text, None, "Protection module"},
    {"module.reason", Text, None, "Why the module is in its state"},
    {"module.state", Text, None, "off, on or degraded"},
    {"network.application", Text, None, "Protocol of the application, found by content: http, tls …"},
    {"network.bytes", Integer, None, "Size of the packet, or bytes of the connection"},
    {"network.direction", Text, None, "inbound or outbound"},
    {"network.flow", Integer, None, "Number of the connection, as long as the module runs"},
    {"network.icmp", Text, None, "ICMP type and code, 8/0"},
    {"network.interface", Text, None, "Name of the network interface"},
    {"network.packets", Integer, None, "Packets of the connection"},
    {"network.protocol", Text, None, "tcp, udp, icmp …"},
    {"network.tcp_flags", Text, None, "TCP flags of the packet"},
    {"notice.about", Text, None, "What a notice to people tells about: alert:<id>, incident:<id>"},
    {"notice.link", Text, None, "Page of the console that a notice is about"},
    {"notice.text", Text, Content, "Text of a notice to people"},
    {"package.name", Text, None, "Installed package that brought the file"},
    {"packet.data", Text, Content, "Beginning of the packet, in hexadecimal"},
    {"policy.digest", Text, None, "SHA-256 of the effective policy"},
    {"policy.id", Text, None, "Policy"},
    {"policy.name", Text, None, "Name of the policy"},
    {"privacy.request", Text, None, "Request of a data subject"},
    {"process.ancestors", Text, None, "Programs of the parent process, its parent and so on"},
    {"process.command_line", Text, Content, "Command line of the process"},
    {"process.executable", Text, None, "Program that the process runs"},
    {"process.name", Text, None, "Name of the process"},
    {"process.parent.executable", Text, None, "Program of the parent process"},
    {"process.parent.pid", Integer, None, "Process number of the parent"},
    {"process.pid", Integer, None, "Process number"},
    {"quarantine.id", Text, None, "File in the quarantine of the agent"},
    {"reason", Text, None, "Why it happened"},
    {"report.id", Text, None, "Report"},
    {"report.name", Text, None, "Name of the report"},
    {"review.day", Text, None, "Day whose logs are reviewed, in the tenant's time zone"},
    {"rule.attack", Text, None, "MITRE ATT&CK techniques, as a list"},
    {"rule.author", Text, None, "Who wrote the rule"},
    {"rule.description", Text, Content, "What the rule says, with values of the line"},
    {"rule.groups", Text, None, "Groups of the rule, as a list"},
    {"rule.level", Integer, None, "Level of the match, 0 to 16"},
    {"rule.references", Text, None, "What is known of it elsewhere: CVE numbers, addresses of pages"},
    {"rule.revision", Integer, None, "Revision of the rule"},
    {"rule.would_block", Boolean, None, "The rule is written to block, and was not allowed to"},
    {"scan.errors", Integer, None, "Files that could not be looked at"},
    {"scan.infected", Integer, None, "Infected files that a scan found"},
    {"scan.kind", Text, None, "full, quick, manual or gap"},
    {"scan.suspicious", Integer, None, "Suspicious files that a scan found"},
    {"sink.name", Text, None, "Destination of events in another system"},
    {"source.ip", Ip, Identifier, "Address that a connection comes from"},
    {"source.mac", Text, Identifier, "Hardware address that a packet came from"},
    {"source.port", Integer, None, "Port that a connection comes from"},
    {"tenant.name", Text, None, "Tenant that the event is about"},
    {"truncated", Boolean, None, "A value was cut to fit the limits of an event"},
    {"user.id", Integer, Identifier, "Number of the user the process runs as"},
    {"user.login_id", Integer, Identifier, "Number of the user who logged in (audit login uid)"},
    {"user.login_name", Text, Identifier, "Name of the user who logged in, kept over su and sudo"},
    {"user.name", Text, Identifier, "Name of the user the process runs as"},
    {"watch.path", Text, None, "Watched path of the policy"},
};

}  // namespace

std::string_view name(EventFieldType type) noexcept {
  switch (type) {
    case Text:
      return "text";
    case Integer:
      return "integer";
    case Boolean:
      return "boolean";
    case Ip:
      return "ip";
    case Time:
      return "time";
  }
  return "text";
}

std::span<const EventField> event_fields() noexcept {
  return kEventFields;
}

const EventField* find_event_field(std::string_view key) noexcept {
  const auto rows = event_fields();
  const auto at = std::lower_bound(rows.begin(), rows.end(), key,
                                   [](const EventField& row, std::string_view wanted) { return row.key < wanted; });
  return at == rows.end() || at->key != key ? nullptr : &*at;
}

}  // namespace warder
