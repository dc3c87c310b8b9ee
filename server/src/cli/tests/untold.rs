//! What has no answer is said in words, and what was not read is never taken for what is not there.

use super::{json, run, write};

const CLUSTER: &str = "
{apiVersion: v1, kind: Namespace, metadata: {name: shop}}
---
{apiVersion: v1, kind: Service, metadata: {name: svc-a, namespace: shop}, spec: {clusterIP: 10.20.30.40, clusterIPs: [10.20.30.40],
  selector: {app: a}, ports: [{port: 80, targetPort: 8080}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: headless, namespace: shop}, spec: {clusterIP: None, clusterIPs: [None],
  selector: {app: a}, ports: [{port: 80, targetPort: 8080}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: elsewhere, namespace: shop}, spec: {type: ExternalName, externalName: db.example}}
---
{apiVersion: v1, kind: Pod, metadata: {name: a-1, namespace: shop, labels: {app: a}}, spec: {nodeName: node-a, containers: [{name: c}]},
  status: {phase: Running, podIP: 192.168.1.2, podIPs: [{ip: 192.168.1.2}]}}
---
{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: svc-a-1, namespace: shop, labels: {kubernetes.io/service-name: svc-a}},
  addressType: IPv4, endpoints: [{addresses: [192.168.1.2], conditions: {ready: true}, nodeName: node-a}], ports: [{port: 8080, protocol: TCP}]}
---
{apiVersion: projectcalico.org/v3, kind: ClusterInformation, metadata: {name: default}, spec: {calicoVersion: v3.30.1}}
";

const NODE: &str = "{apiVersion: v1, kind: Node, metadata: {name: node-a}, status: {addresses: [{type: InternalIP, address: 10.0.1.1},
  {type: ExternalIP, address: 198.51.100.7}]}}";

const OF_A_TIER: &str = "{apiVersion: projectcalico.org/v3, kind: NetworkPolicy, metadata: {name: security.closed, namespace: shop},
  spec: {tier: security, selector: app == 'a', types: [Ingress]}}";

fn cluster(more: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("cluster.yaml", CLUSTER)]);
    write(folder.path(), more);
    folder
}

#[tokio::test]
async fn a_question_without_a_path_is_refused_with_the_reason() {
    let folder = cluster(&[("node.yaml", NODE)]);
    for (question, said) in [
        ("--client 2001:db8::1 --to shop/svc-a", "no path leads there: 2001:db8::1 is an IPv6 address, and `shop/svc-a` has only IPv4"),
        ("--client 50.60.1.1 --to fd00::40", "no path leads there: 50.60.1.1 is an IPv4 address, and fd00::40 has only IPv6"),
        ("--client pod:shop/a-1 --to fd00::40", "no path leads there: `pod:shop/a-1` has no IPv6 address, and fd00::40 has no other"),
        ("--client 50.60.1.1 --to shop/headless", "`shop/headless` is headless: clients send to its pods' own addresses"),
        ("--client 50.60.1.1 --to 198.51.100.7", "198.51.100.7 is the external IP of the Node `node-a`: as a rule"),
        ("--client 50.60.1.1 --to 198.51.100.7", "whether it does is not known; ask for 10.0.1.1"),
        ("--client 50.60.1.1 --to shop/elsewhere", "`shop/elsewhere` is an ExternalName"),
    ] {
        let answer = run(&format!("ask --objects FOLDER {question} --port 80 --output json"), folder.path()).await;
        assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{question}: {}", answer.err);
        assert!(answer.err.contains(said), "{question}: {}", answer.err);
    }
}

#[tokio::test]
async fn without_nodes_nobody_can_say_who_comes_in() {
    let folder = cluster(&[]);
    let answer = run("reach --objects FOLDER --service shop/svc-a --output json", folder.path()).await;
    assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{}", answer.err);
    assert!(answer.err.contains("Nodes are not known: none is in the files"), "{}", answer.err);
    let question = "ask --objects FOLDER --client 50.60.1.1 --to shop/svc-a --port 80 --output json";
    assert_eq!(json(question, folder.path()).await["paths"][0]["unknown"]["reason"], "not-read");
}

#[tokio::test]
async fn a_tier_that_a_policy_names_and_no_file_has_is_not_known() {
    let folder = cluster(&[("node.yaml", NODE), ("policy.yaml", OF_A_TIER)]);
    let ask = "ask --objects FOLDER --client 50.60.1.1 --to shop/svc-a --port 80 --output json";
    let told = json(ask, folder.path()).await;
    let unknown = &told["paths"][0]["unknown"];
    assert_eq!((&unknown["reason"], &unknown["why"]), (&"not-read".into(), &"objects of kind Tier decide, and were not read".into()));
    let reach = json("reach --objects FOLDER --service shop/svc-a --output json", folder.path()).await;
    assert_eq!(reach["addresses"][0]["paths"][0]["unknown"][0]["reason"], "not-read", "{reach}");
    for command in ["check --objects FOLDER", "plan --objects FOLDER --service shop/svc-a --host-endpoints named:eth0 --allow 50.60.0.0/16"]
    {
        let answer = run(command, folder.path()).await;
        assert!(answer.out.contains("No Tier was read: none is in the files."), "{command}: {}", answer.out);
    }
    // Where none is named, none has to be in the files; where some are, it is one that is not there.
    let folder = cluster(&[("node.yaml", NODE)]);
    assert_eq!(json(ask, folder.path()).await["verdict"], "allowed");
    let other = "{apiVersion: projectcalico.org/v3, kind: Tier, metadata: {name: other}, spec: {order: 1}}";
    let folder = cluster(&[("node.yaml", NODE), ("policy.yaml", OF_A_TIER), ("tier.yaml", other)]);
    // Calico goes by it all the same, and the end of a tier denies.
    assert_eq!(json(ask, folder.path()).await["verdict"], "denied");
    let check = run("check --objects FOLDER", folder.path()).await;
    assert_eq!(check.code, 1, "{}", check.out);
    let said = "There is no Tier `security`, which Calico NetworkPolicy shop/security.closed names.";
    assert!(check.out.contains(said), "{}", check.out);
}
