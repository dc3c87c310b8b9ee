// Nothing: it stands in for a part of Calico that the rig does not build.
module github.com/projectcalico/calico/lib/httpmachinery

go 1.24.2
