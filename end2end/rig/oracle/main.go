// What Calico itself says about selectors and objects: the verdicts in policy/tests/calico, recorded with
//
//	cd end2end/rig && go run ./oracle < CASES > RECORDED
//
// Each line is a case and comes out with its verdict, whatever verdict it had: `{"labels": [...]}` sets the labels that the selectors after it
// are evaluated on, `{"text": ...}` is a selector, `{"kind": ..., "object": ...}` an object. Text that is recorded again does not change.
package main

import (
	"bufio"
	"encoding/json"
	"log"
	"os"

	api "github.com/projectcalico/api/pkg/apis/projectcalico/v3"
	"github.com/projectcalico/calico/libcalico-go/lib/selector"
	validator "github.com/projectcalico/calico/libcalico-go/lib/validator/v3"
)

type record struct {
	Labels    []map[string]string `json:"labels,omitempty"`
	Text      *string             `json:"text,omitempty"`
	Canonical *string             `json:"canonical,omitempty"`
	Matches   string              `json:"matches,omitempty"`
	Kind      string              `json:"kind,omitempty"`
	Object    json.RawMessage     `json:"object,omitempty"`
	Valid     *bool               `json:"valid,omitempty"`
	Stricter  string              `json:"stricter,omitempty"`
}

var kinds = map[string]func() any{
	"BGPConfiguration":             func() any { return &api.BGPConfiguration{} },
	"ClusterInformation":           func() any { return &api.ClusterInformation{} },
	"FelixConfiguration":           func() any { return &api.FelixConfiguration{} },
	"GlobalNetworkPolicy":          func() any { return &api.GlobalNetworkPolicy{} },
	"GlobalNetworkSet":             func() any { return &api.GlobalNetworkSet{} },
	"HostEndpoint":                 func() any { return &api.HostEndpoint{} },
	"IPPool":                       func() any { return &api.IPPool{} },
	"KubeControllersConfiguration": func() any { return &api.KubeControllersConfiguration{} },
	"NetworkPolicy":                func() any { return &api.NetworkPolicy{} },
	"NetworkSet":                   func() any { return &api.NetworkSet{} },
}

// A panic is a refusal too: the validator has one for a namespaceSelector that does not parse.
func valid(kind string, text json.RawMessage) (verdict bool) {
	defer func() {
		if recover() != nil {
			verdict = false
		}
	}()
	object := kinds[kind]()
	if json.Unmarshal(text, object) != nil {
		return false
	}
	// Calico's client sets these before it validates.
	if pool, is := object.(*api.IPPool); is {
		if pool.Spec.IPIPMode == "" {
			pool.Spec.IPIPMode = api.IPIPModeNever
		}
		if pool.Spec.VXLANMode == "" {
			pool.Spec.VXLANMode = api.VXLANModeNever
		}
	}
	return validator.Validate(object) == nil
}

func main() {
	in := json.NewDecoder(bufio.NewReader(os.Stdin))
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	var labels []map[string]string
	for in.More() {
		var line record
		if err := in.Decode(&line); err != nil {
			log.Fatal(err)
		}
		switch {
		case line.Text != nil:
			line.Canonical, line.Matches = nil, ""
			if parsed, err := selector.Parse(*line.Text); err == nil {
				canonical := parsed.String()
				line.Canonical = &canonical
				for _, set := range labels {
					line.Matches += map[bool]string{false: "0", true: "1"}[parsed.Evaluate(set)]
				}
			}
		case line.Kind != "":
			verdict := valid(line.Kind, line.Object)
			line.Valid = &verdict
		default:
			labels = line.Labels
		}
		if err := out.Encode(line); err != nil {
			log.Fatal(err)
		}
	}
}
