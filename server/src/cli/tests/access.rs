//! `portcullis access`, and client groups in plans of files.

use super::{folder, run, write};

const GROUP: &str = "{apiVersion: projectcalico.org/v3, kind: GlobalNetworkSet, metadata: {name: portcullis-group-office, labels: \
    {portcullis.dev/group: office}, annotations: {portcullis.dev/shape: '2'}}, spec: {nets: [198.51.100.0/24, 198.51.101.0/24]}}";

const PLAN: &str = "plan --objects FOLDER --service shop/svc-a --host-endpoints named:eth0";

const DOCUMENT: &str = "service: shop/svc-a
clients:
- cidr: 50.60.0.0/16
  note: the customer
groups:
- name: office
  ports:
  - TCP/80
hostEndpoints:
  interface: eth0
inCluster: unchanged
";

#[tokio::test]
async fn what_is_exported_is_imported() {
    let folder = folder(&[("group.yaml", GROUP)]);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), DOCUMENT).unwrap();
    let import = format!("access import {} --objects FOLDER", file.path().display());
    let text = run(&import, folder.path()).await;
    assert_eq!(text.code, 0, "{}", text.err);
    assert!(text.out.starts_with("Lets 3 client ranges (66,048 addresses, with the group `office`) reach `shop/svc-a`"), "{}", text.out);
    let yaml = run(&format!("{import} --output yaml"), folder.path()).await;
    write(folder.path(), &[("planned.yaml", &yaml.out)]);
    let exported = run("access export --objects FOLDER", folder.path()).await;
    assert_eq!((exported.code, exported.out.as_str()), (0, DOCUMENT), "{}", exported.err);
    let named = run("access export --objects FOLDER --service shop/svc-a", folder.path()).await;
    assert_eq!(named.out, DOCUMENT);
    let again = run(&format!("{import} --output json"), folder.path()).await;
    let plan: policy::plan::Plan = serde_json::from_str(&again.out).unwrap();
    assert_eq!(plan.steps, [], "it is in force");
}

/// The page's Service keeps its clients to the node that they enter by.
const LOCAL: &str = "{apiVersion: v1, kind: Service, metadata: {name: svc-local, namespace: shop}, spec: {clusterIP: 10.20.30.77, clusterIPs: \
    [10.20.30.77], internalTrafficPolicy: Local, selector: {app: svc-local}, ports: [{name: http, port: 80, targetPort: 80}]}}";

/// A node more, with a pod of the page's other Service.
const SPREAD: &str = "{apiVersion: v1, kind: List, items: [\
    {apiVersion: v1, kind: Node, metadata: {name: node-b}, status: {addresses: [{type: InternalIP, address: 10.0.2.1}]}},\
    {apiVersion: v1, kind: Pod, metadata: {name: a-2, namespace: shop, labels: {app: a}}, spec: {nodeName: node-b}, \
     status: {phase: Running, podIP: 192.168.2.11, podIPs: [{ip: 192.168.2.11}]}},\
    {apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: svc-a-1, namespace: shop, labels: {kubernetes.io/service-name: svc-a}}, \
     addressType: IPv4, endpoints: [{addresses: [192.168.2.11], nodeName: node-b}], ports: [{name: http, protocol: TCP, port: 8080}]}]}";

#[tokio::test]
async fn a_guard_at_the_pods_alone_is_planned_where_it_holds_and_comes_back_from_its_document() {
    let folder = folder(&[("local.yaml", LOCAL), ("spread.yaml", SPREAD)]);
    let alone = "--allow 50.60.0.0/16 --enforced pods-alone";
    let refused = run(&format!("plan --objects FOLDER --service shop/svc-a {alone}"), folder.path()).await;
    assert_eq!(refused.code, 1, "{}", refused.err);
    assert!(refused.err.contains("comes to the pod with that node's address, not its own"), "{}", refused.err);
    let both = run(&format!("plan --objects FOLDER --service shop/svc-local {alone} --host-endpoints existing"), folder.path()).await;
    assert_eq!((both.code, both.out.as_str()), (2, ""));
    assert!(both.err.contains("--host-endpoints is about a guard at the nodes"), "{}", both.err);
    let wrong = run("plan --objects FOLDER --service shop/svc-local --enforced pods", folder.path()).await;
    assert!(wrong.code == 2 && wrong.err.contains("`pods` is neither `nodes-and-pods` nor `pods-alone`"), "{}", wrong.err);

    let plan = format!("plan --objects FOLDER --service shop/svc-local {alone}");
    let text = run(&plan, folder.path()).await;
    assert_eq!(text.code, 0, "{}", text.err);
    assert!(text.out.contains("Its pods alone decide, by the clients' own addresses."), "{}", text.out);
    assert!(!text.out.contains("Create GlobalNetworkPolicy") && !text.out.contains("Create HostEndpoint"), "{}", text.out);
    let yaml = run(&format!("{plan} --output yaml"), folder.path()).await;
    write(folder.path(), &[("planned.yaml", &yaml.out)]);
    let exported = run("access export --objects FOLDER", folder.path()).await;
    assert_eq!(exported.out, "service: shop/svc-local\nclients:\n- cidr: 50.60.0.0/16\nenforced: pods-alone\ninCluster: unchanged\n");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &exported.out).unwrap();
    let again = run(&format!("access import {} --objects FOLDER --output json", file.path().display()), folder.path()).await;
    let plan: policy::plan::Plan = serde_json::from_str(&again.out).unwrap();
    assert_eq!(plan.steps, [], "it is in force");
}

#[tokio::test]
async fn documents_that_cannot_be_read_are_named_with_every_fault() {
    let folder = folder(&[]);
    let file = tempfile::NamedTempFile::new().unwrap();
    let import = format!("access import {} --objects FOLDER", file.path().display());
    let cases = [
        (
            "service: shop/svc-a\nclients:\n- cidr: 50.60.0.1/16\n- cdir: 1.2.3.4\n",
            "document 1, `clients[0].cidr`: `50.60.0.1/16` has bits set",
        ),
        (
            "service: shop/svc-a\nclients:\n- cidr: 50.60.0.1/16\n- cdir: 1.2.3.4\n",
            "document 1, `clients[1].cdir`: is no field of a range of clients",
        ),
        ("clients: [", "the file: is not YAML"),
        ("service: shop/nope\nclients: []\n", "there is no Service `shop/nope`"),
        ("service: shop/svc-a\nclients: []\n", "hostEndpoints"),
    ];
    for (text, said) in cases {
        std::fs::write(file.path(), text).unwrap();
        let answer = run(&import, folder.path()).await;
        assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{text}");
        assert!(answer.err.contains(said), "{text}: {}", answer.err);
    }
    let none = run("access import FOLDER/none.yaml --objects FOLDER", folder.path()).await;
    assert!(none.code == 2 && none.err.contains("none.yaml"), "{}", none.err);
    for (line, said) in [
        ("access export --objects FOLDER", "no Service is guarded"),
        ("access export --objects FOLDER --service shop/svc-a", "`shop/svc-a` is not guarded"),
        ("access export --objects FOLDER --service shop/nope", "there is no Service `shop/nope`"),
    ] {
        let answer = run(line, folder.path()).await;
        assert!(answer.code == 2 && answer.err.contains(said), "{line}: {}", answer.err);
    }
}

#[tokio::test]
async fn several_documents_are_one_plan() {
    let second = "{apiVersion: v1, kind: Service, metadata: {name: svc-b, namespace: shop}, spec: {type: ClusterIP, clusterIP: 10.20.30.41, \
        clusterIPs: [10.20.30.41], selector: {app: b}, ports: [{port: 80, protocol: TCP}]}}";
    let folder = folder(&[("group.yaml", GROUP), ("second.yaml", second)]);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), format!("{DOCUMENT}---\n{}", DOCUMENT.replace("svc-a", "svc-b"))).unwrap();
    let answer = run(&format!("access import {} --objects FOLDER", file.path().display()), folder.path()).await;
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(answer.out.starts_with("Sets who may reach 2 Services."), "{}", answer.out);
}

#[tokio::test]
async fn groups_are_allowed_by_name() {
    let folder = folder(&[("group.yaml", GROUP)]);
    let answer = run(&format!("{PLAN} --allow-group office:TCP/80 --output yaml"), folder.path()).await;
    assert_eq!(answer.code, 0, "{}", answer.err);
    assert!(answer.out.contains("portcullis.dev/group: office") && answer.out.contains("- 198.51.101.0/24"), "{}", answer.out);
    write(folder.path(), &[("planned.yaml", &answer.out)]);
    let services = run("services --objects FOLDER", folder.path()).await;
    assert!(services.out.contains("office · 2 ranges · 512 addresses"), "{}", services.out);
    let unknown = run(&format!("{PLAN} --allow-group partner"), folder.path()).await;
    assert_eq!(unknown.code, 1);
    assert!(unknown.err.contains("blocker  group-undefined"), "{}", unknown.err);
    for (flag, said) in [
        ("The-Office", "`The-Office` is not the name of a group"),
        ("office:TCP/0", "`TCP/0` is not a port"),
        ("office:TCP/81", "--allow-group names TCP/81, which is no port of `shop/svc-a`"),
    ] {
        let answer = run(&format!("{PLAN} --allow-group {flag}"), folder.path()).await;
        assert!(answer.code == 2 && answer.err.contains(said), "{flag}: {}", answer.err);
    }
}
