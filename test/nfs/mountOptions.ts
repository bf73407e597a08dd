/** The options with which EFS's own helper mounts (docs.aws.amazon.com/efs: "Recommended NFS mount options"). */
export const mountOptions = 'nfsvers=4.1,rsize=1048576,wsize=1048576,hard,timeo=600,retrans=2,noresvport';
