if(NOT TARGET warder_gateway OR NOT TARGET warder_routes)
  return()
endif()
set(MANAGER_LIBRARIES
  base model crypto pack host host_linux store tenancy audit identity policies events content fleet net api routes gateway)
warder_program(warder-manager
  SOURCES main.cc all_routes.cc config.cc installation.cc serve.cc
  DEPS ${MANAGER_LIBRARIES}
  LINK CLI11::CLI11)
